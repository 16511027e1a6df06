/** What the page was given to judge by: a policy, and the parties' keys as of a named checkpoint. */
import { base64Bytes, encodeText } from "./bytes.js";
import { Fault } from "./fault.js";
import { parseSpki } from "./keys.js";
import { parsePolicy } from "./policy.js";

const PINS = "detente-pins";

/** Read pins (see web/explorer/checking/pins.py for the form). Keys are read again here: a keyid certifies its key. */
export async function readPins(value) {
  if (value?.kind !== PINS || value.version !== 1)
    throw new Fault("text.malformed", `not a file of kind ${PINS}, version 1`);
  const keys = new Map();
  for (const row of value.keys) {
    const key = await parseSpki(base64Bytes(row));
    keys.set(key.keyid, key);
  }
  const policy = await parsePolicy(encodeText(value.policy));
  return { ...value, keys, policy, signers: new Map(Object.entries(value.signers)) };
}

/** The entry of an office that is in force for record `at`, or null. */
export function officeAt(pins, party, office, at) {
  const inForce = (row) => row.from <= at && (row.until === null || at < row.until);
  return pins.offices.find((row) => row.party === party && row.office === office && inForce(row)) ?? null;
}

/** A participant's name as the registry has it: in a language, else in English, else any; or its code. */
export function partyName(pins, code, language) {
  const names = pins && Object.hasOwn(pins.participants, code) ? pins.participants[code] : {};
  return names[language] ?? names.en ?? Object.values(names)[0] ?? code;
}
