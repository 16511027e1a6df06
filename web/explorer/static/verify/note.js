/** Signed notes and verifier keys. Source: C2SP signed-note. */
import {
  base64Bytes,
  encodeText,
  findPair,
  hexBytes,
  joinBytes,
  plainText,
  sameBytes,
  sha256,
  shown,
  toBase64,
  toHex,
} from "./bytes.js";
import { requirePoint } from "./ed25519.js";
import { Fault } from "./fault.js";

export const TYPE_ED25519 = 1;
export const TYPE_COSIGNATURE = 4;
export const TYPE_MLDSA44 = 6;
const MOST_BYTES = 2 ** 20;
const MOST_SIGNATURES = 128;
const KEY_LENGTH = { 1: 32, 4: 32, 6: 1312 };
// Controls, the plus, and Unicode's White_Space, written out so that a name means the same in every browser.
const NOT_IN_NAME = /[\x00-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;

function requireName(name, code) {
  if (!name || NOT_IN_NAME.test(name)) {
    throw new Fault(code, `${shown(name)} is not a key name: it is empty or holds a space or a plus`);
  }
}

/** Read a signed note: {text, signatures: [{name, keyId (hex), value}], raw}. Nothing is verified. */
export function parseNote(raw) {
  if (raw.length > MOST_BYTES) throw new Fault("note.malformed", `a note has at most ${MOST_BYTES} bytes`, "note");
  const cut = findPair(raw, 10, true); // the last blank line
  if (cut < 0) throw new Fault("note.malformed", "no blank line parts the text from the signatures", "note");
  const text = raw.slice(0, cut + 1);
  plainText(text, "note", "note.malformed");
  const signatures = parseSignatures(raw.slice(cut + 2));
  const again = joinBytes(text, encodeText("\n"), encodeText(signatures.map(signatureLine).join("")));
  if (!sameBytes(again, raw)) throw new Fault("note.malformed", "the note is not in its canonical form", "note");
  return { text, signatures, raw };
}

/** Read signature lines alone: 1 to 128 of them. */
export function parseSignatures(raw) {
  if (raw.length > MOST_BYTES) throw new Fault("note.malformed", "too many bytes of signatures", "signatures");
  const text = plainText(raw, "signatures", "note.malformed");
  if (!text.endsWith("\n")) throw new Fault("note.malformed", "the last signature line has no newline", "signatures");
  const found = text.slice(0, -1).split("\n");
  if (found.length > MOST_SIGNATURES) {
    throw new Fault("note.malformed", `a note has at most ${MOST_SIGNATURES} signatures`, "signatures");
  }
  return found.map((line, n) => parseSignature(line, `signature ${n + 1}`));
}

function parseSignature(line, where) {
  const fields = line.split(" ");
  if (fields.length !== 3 || fields[0] !== "—") {
    throw new Fault("note.malformed", `${shown(line)} is not an em dash, a key name and a signature`, where);
  }
  requireName(fields[1], "note.malformed");
  const value = base64Bytes(fields[2], { where, code: "note.malformed" });
  if (value.length < 5) throw new Fault("note.malformed", "the bytes are no key id and signature", where);
  return { name: fields[1], keyId: toHex(value.subarray(0, 4)), value: value.slice(4) };
}

/** A signature as its line in a note. */
export function signatureLine({ name, keyId, value }) {
  return `— ${name} ${toBase64(joinBytes(hexBytes(keyId, { length: 4 }), value))}\n`;
}

/** Read a verifier key: {name, keyId (hex), algorithm (1, 4 or 6), publicKey, vkey}. */
export async function parseVkey(text) {
  const [name, keyId] = text.split("+", 2);
  if (text.split("+").length < 3)
    throw new Fault("vkey.malformed", `${shown(text)} is not a verifier key: name+id+key`);
  const material = text.slice(name.length + keyId.length + 2); // base64 may hold a plus itself
  hexBytes(keyId, { length: 4, where: shown(name), code: "vkey.malformed" });
  const typed = base64Bytes(material, { where: shown(name), code: "vkey.malformed" });
  if (!typed.length) throw new Fault("vkey.malformed", `the verifier key of ${shown(name)} holds no key`);
  requireName(name, "vkey.malformed");
  const [algorithm, publicKey] = [typed[0], typed.slice(1)];
  requireKey(name, algorithm, publicKey);
  const digest = await sha256(joinBytes(encodeText(`${name}\n`), typed));
  if (toHex(digest.subarray(0, 4)) !== keyId) {
    throw new Fault("vkey.malformed", `the verifier key of ${shown(name)} says id ${keyId}, its key has another`);
  }
  return { name, keyId, algorithm, publicKey, vkey: text };
}

function requireKey(name, algorithm, publicKey) {
  if (!Object.hasOwn(KEY_LENGTH, algorithm)) {
    throw new Fault("vkey.malformed", `the key of ${shown(name)} is of type ${algorithm}; 1, 4 and 6 are known`);
  }
  if (publicKey.length !== KEY_LENGTH[algorithm]) {
    throw new Fault("vkey.malformed", `the key of ${shown(name)} has ${publicKey.length} bytes`);
  }
  if (algorithm !== TYPE_MLDSA44) requirePoint(publicKey, "key.weak");
  else if (encodeText(name).length > 255) {
    throw new Fault("vkey.malformed", `the name ${shown(name)} is too long to cosign with ML-DSA-44`);
  }
}
