/** The Merkle tree of RFC 6962: leaf hashes, and whether an inclusion proof leads to a root. */
import { joinBytes, sameBytes, sha256, toHex } from "./bytes.js";
import { Fault } from "./fault.js";

/** The leaf hash of a record: SHA-256(0x00 || record). */
export async function leafHash(entry) {
  return sha256(joinBytes(Uint8Array.of(0), entry));
}

async function nodeHash(left, right) {
  return sha256(joinBytes(Uint8Array.of(1), left, right));
}

/** Check that leaf `index` of a tree of `size` leaves (BigInt) leads to `root`. Steps of RFC 9162, section 2.1.3.2.
 * Throws Fault `proof.inclusion`. */
export async function verifyInclusion(index, size, leaf, proof, root) {
  if ([leaf, root, ...proof].some((hash) => hash.length !== 32)) throw unproven("a hash has 32 bytes");
  if (index < 0n || index >= size) throw unproven(`leaf ${index} does not exist in a tree of ${size} leaves`);
  let [place, last, computed] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) throw unproven("it has a hash too many");
    if (place & 1n || place === last) {
      computed = await nodeHash(sibling, computed);
      while (place && !(place & 1n)) [place, last] = [place >> 1n, last >> 1n];
    } else computed = await nodeHash(computed, sibling);
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last !== 0n) throw unproven("it lacks a hash");
  if (!sameBytes(computed, root)) throw unproven(`it leads to the root ${toHex(computed)}, not to ${toHex(root)}`);
}

function unproven(why) {
  return new Fault("proof.inclusion", `inclusion proof: ${why}`);
}
