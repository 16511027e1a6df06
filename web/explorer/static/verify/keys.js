/** Public keys of those who speak, and signers. Sources: RFC 8410, RFC 9881; docs/FORMAT.md, "Keys and signers". */
import { hexBytes, sameBytes, sha256Hex } from "./bytes.js";
import { encodeCanonical } from "./canonical.js";
import { requirePoint, verifyEd25519 } from "./ed25519.js";
import { Fault } from "./fault.js";
import { verifyMldsa } from "./mldsa.js";

const SPKI = {
  Ed25519: { prefix: "302a300506032b6570032100", length: 32 },
  "ML-DSA-65": { prefix: "308207b2300b0609608648016503040312038207a100", length: 1952 },
};

/** The key in a SubjectPublicKeyInfo (DER): {algorithm, raw, keyid}. Throws Fault `key.malformed`, `key.weak`. */
export async function parseSpki(der) {
  for (const [algorithm, { prefix, length }] of Object.entries(SPKI)) {
    const head = hexBytes(prefix, { length: prefix.length / 2 });
    if (der.length === head.length + length && sameBytes(der.subarray(0, head.length), head)) {
      const raw = der.slice(head.length);
      if (algorithm === "Ed25519") requirePoint(raw, "key.weak");
      return { algorithm, raw, keyid: await sha256Hex(der) };
    }
  }
  throw new Fault("key.malformed", "not the SPKI of an Ed25519 or ML-DSA-65 key");
}

/** The id of the signer made of these keys: one keyid, or Ed25519 then ML-DSA-65. */
export async function signerId(keyids) {
  return keyids.length === 1 ? keyids[0] : sha256Hex(encodeCanonical(keyids));
}

/** Check a signature by a key. Throws Fault `signature.false`; `library.unfit` if the browser cannot. */
export async function verifyByKey(key, message, signature) {
  if (key.algorithm === "Ed25519") await verifyEd25519(key.raw, message, signature);
  else await verifyMldsa("ML-DSA-65", key.raw, message, signature);
}

/** Check every signature of an envelope whose key is in `book` (keyid -> key).
 * Gives {unknown: keyids, unchecked: keyids}. Throws Fault `signature.false`. */
export async function verifyEnvelope(envelope, message, book) {
  const unknown = [];
  const unchecked = [];
  for (const { keyid, sig } of envelope.signatures) {
    const key = book.get(keyid);
    if (key === undefined) {
      unknown.push(keyid);
      continue;
    }
    try {
      await verifyByKey(key, message, sig);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      if (fault.code !== "library.unfit")
        throw new Fault("signature.false", `the signature by key ${keyid} is false`, `keyid ${keyid}`);
      unchecked.push(keyid);
    }
  }
  return { unknown, unchecked };
}
