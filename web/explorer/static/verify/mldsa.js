/** ML-DSA (FIPS 204, empty context), where the browser has it. Where not, the signature is unchecked, and that is said. */
import { joinBytes, hexBytes } from "./bytes.js";
import { Fault } from "./fault.js";

const KINDS = {
  "ML-DSA-44": { keySize: 1312, signatureSize: 2420, prefix: "30820532300b06096086480165030403110382052100" },
  "ML-DSA-65": { keySize: 1952, signatureSize: 3309, prefix: "308207b2300b0609608648016503040312038207a100" },
};

/** Check one signature. Throws Fault `key.malformed`, `signature.false`, or `library.unfit` if the browser cannot. */
export async function verifyMldsa(name, publicKey, message, signature) {
  const { keySize, signatureSize, prefix } = KINDS[name];
  if (publicKey.length !== keySize) throw new Fault("key.malformed", `an ${name} public key has ${keySize} bytes`);
  if (signature.length !== signatureSize) {
    throw new Fault("signature.false", `an ${name} signature has ${signatureSize} bytes, not ${signature.length}`);
  }
  let key;
  try {
    const spki = joinBytes(hexBytes(prefix, { length: prefix.length / 2 }), publicKey);
    key = await crypto.subtle.importKey("spki", spki, { name }, false, ["verify"]);
  } catch {
    throw new Fault("library.unfit", `this browser cannot check ${name} signatures`);
  }
  if (!(await crypto.subtle.verify({ name }, key, signature, message))) {
    throw new Fault("signature.false", `the ${name} signature does not match the key and the message`);
  }
}
