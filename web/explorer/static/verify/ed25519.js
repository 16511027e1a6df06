/** Ed25519 by one rule: A and R are canonical encodings of points of prime order, S is below the group order, and the
 * equation of RFC 8032 holds. The browser checks the equation; the points are checked here, because browsers differ on
 * crafted ones. Source: docs/FORMAT.md, "Keys and signers". */
import { toHex } from "./bytes.js";
import { Fault } from "./fault.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const ZERO = [0n, 1n, 1n, 0n];
const judgedPoints = new Map();

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % P) {
    if (left & 1n) result = (result * square) % P;
  }
  return result;
}

function littleEndian(raw) {
  return BigInt(`0x${toHex(Uint8Array.from(raw).reverse())}`);
}

// Extended coordinates, RFC 8032, section 5.1.4.
function addPoints(p, q) {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * q[3] * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function timesPoint(scalar, point) {
  let result = ZERO;
  for (let left = scalar, doubled = point; left > 0n; left >>= 1n, doubled = addPoints(doubled, doubled)) {
    if (left & 1n) result = addPoints(result, doubled);
  }
  return result;
}

/** The point of a canonical encoding (RFC 8032, section 5.1.3), or null. */
function decodePoint(raw) {
  const encoded = littleEndian(raw);
  const sign = encoded >> 255n;
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(mod(D * y * y + 1n), P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = (x * ROOT_OF_MINUS_ONE) % P;
  if (mod(x * x - square) !== 0n) return null;
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function isPrimeOrder(raw) {
  const point = decodePoint(raw);
  if (point === null || (point[0] === 0n && point[1] === 1n)) return false;
  const product = timesPoint(ORDER, point);
  return product[0] === 0n && product[1] === product[2];
}

/** Refuse 32 bytes that are not the canonical encoding of a point of prime order. Throws Fault `code`. */
export function requirePoint(raw, code) {
  if (raw.length !== 32) throw new Fault("key.malformed", `an Ed25519 public key has 32 bytes, not ${raw.length}`);
  const name = toHex(raw);
  if (!judgedPoints.has(name)) judgedPoints.set(name, isPrimeOrder(raw));
  if (!judgedPoints.get(name)) throw new Fault(code, "not the canonical encoding of a point of prime order");
}

/** Check one signature. Throws Fault `key.weak`, `signature.false`, or `library.unfit` if the browser has no Ed25519. */
export async function verifyEd25519(publicKey, message, signature) {
  requirePoint(publicKey, "key.weak");
  if (signature.length !== 64) throw new Fault("signature.false", "an Ed25519 signature has 64 bytes");
  if (littleEndian(signature.subarray(32)) >= ORDER) {
    throw new Fault("signature.false", "S is not below the group order: the signature was altered");
  }
  requirePoint(signature.slice(0, 32), "signature.false");
  const key = await importEd25519(publicKey);
  if (!(await crypto.subtle.verify({ name: "Ed25519" }, key, signature, message))) {
    throw new Fault("signature.false", "the Ed25519 signature does not match the key and the message");
  }
}

async function importEd25519(publicKey) {
  try {
    return await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Fault(
      "library.unfit",
      "this browser cannot check Ed25519 signatures; use a newer one, or detente-verify",
    );
  }
}

/** What this browser can check: SHA-256 and Ed25519 are needed, ML-DSA is a gain. */
export async function abilities() {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return { digests: false, ed25519: false, mldsa: false };
  const has = (name) =>
    subtle.generateKey({ name }, false, ["sign", "verify"]).then(
      () => true,
      () => false,
    );
  return { digests: true, ed25519: await has("Ed25519"), mldsa: await has("ML-DSA-65") };
}
