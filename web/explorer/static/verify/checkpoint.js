/** Checkpoints, and what a signature under one says. Sources: C2SP tlog-checkpoint, tlog-cosignature. */
import { base64Bytes, bigEndian, decimal, decodeText, encodeText, joinBytes } from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";
import { Fault } from "./fault.js";
import { verifyMldsa } from "./mldsa.js";
import { parseNote, TYPE_ED25519, TYPE_MLDSA44 } from "./note.js";

const VALUE_LENGTH = { 1: 64, 4: 72, 6: 2428 };

/** Read a checkpoint: {origin, size (BigInt), root, extensions, note}. Extension lines are accepted, and nobody's word. */
export function parseCheckpoint(raw) {
  const code = "checkpoint.malformed";
  const note = parseNote(raw);
  const rows = decodeText(note.text).slice(0, -1).split("\n");
  if (rows.length < 3 || rows.includes("")) {
    throw new Fault(code, "the text is not three non-empty lines or more", "checkpoint");
  }
  const size = decimal(rows[1], { where: "checkpoint size", code });
  const root = base64Bytes(rows[2], { length: 32, where: "checkpoint root", code });
  return { origin: rows[0], size, root, extensions: rows.slice(3), note };
}

/** The bytes that `key` signs to cosign a checkpoint at `timestamp` (seconds, BigInt). */
function cosignedMessage(key, checkpoint, timestamp) {
  if (key.algorithm === TYPE_ED25519) return checkpoint.note.text;
  if (timestamp > 2n ** 63n - 1n) throw new Fault("signature.false", "the timestamp is beyond 2^63-1");
  if (key.algorithm !== TYPE_MLDSA44) {
    return joinBytes(encodeText(`cosignature/v1\ntime ${timestamp}\n`), checkpoint.note.text);
  }
  return joinBytes(
    encodeText("subtree/v1\n\0"),
    shortText(key.name),
    bigEndian(timestamp, 8),
    shortText(checkpoint.origin),
    new Uint8Array(8),
    bigEndian(checkpoint.size, 8),
    checkpoint.root,
  );
}

function shortText(text) {
  const encoded = encodeText(text);
  if (encoded.length < 1 || encoded.length > 255)
    throw new Fault("signature.false", "ML-DSA-44 signs names of 1 to 255 bytes");
  return joinBytes(Uint8Array.of(encoded.length), encoded);
}

/** Verify one signature by `key` under a checkpoint: its time in seconds (BigInt), 0 where it has none. */
async function verifyCosignature(key, checkpoint, signature) {
  const where = `checkpoint of ${checkpoint.origin}`;
  let value = signature.value;
  const told = `not a true signature of ${key.name} on size ${checkpoint.size}`;
  if (value.length !== VALUE_LENGTH[key.algorithm]) throw new Fault("signature.false", `${told}: its length`, where);
  let timestamp = 0n;
  if (key.algorithm !== TYPE_ED25519) {
    timestamp = value.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    value = value.slice(8);
  }
  try {
    const message = cosignedMessage(key, checkpoint, timestamp);
    if (key.algorithm === TYPE_MLDSA44) await verifyMldsa("ML-DSA-44", key.publicKey, message, value);
    else await verifyEd25519(key.publicKey, message, value);
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.code !== "signature.false") throw fault;
    throw new Fault("signature.false", `${told}: ${fault.message}`, where);
  }
  return timestamp;
}

/** Which of `keys` signed: {signed: Map(key -> seconds as BigInt, or 0), unchecked: keys whose algorithm this browser lacks}.
 * One false signature of a known key condemns the note; strangers are ignored. Source: C2SP signed-note, "Signatures". */
export async function verifiedSignatures(checkpoint, keys) {
  const known = new Map();
  for (const key of keys) {
    const id = `${key.name} ${key.keyId}`;
    if (known.has(id) && known.get(id).vkey !== key.vkey) {
      throw new Fault("vkey.malformed", `two keys of ${key.name} share the id ${key.keyId}`);
    }
    if (!known.has(id)) known.set(id, key);
  }
  const signed = new Map();
  const unchecked = new Set();
  for (const signature of checkpoint.note.signatures) {
    const key = known.get(`${signature.name} ${signature.keyId}`);
    if (key === undefined) continue;
    try {
      signed.set(key, earlierTime(await verifyCosignature(key, checkpoint, signature), signed.get(key) ?? 0n));
    } catch (fault) {
      if (!(fault instanceof Fault) || fault.code !== "library.unfit") throw fault;
      unchecked.add(key);
    }
  }
  return { signed, unchecked: [...unchecked] };
}

/** The earlier of two times, where 0 says none. */
export function earlierTime(one, other) {
  if (!one || !other) return one || other;
  return one < other ? one : other;
}
