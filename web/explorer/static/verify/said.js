/** The verdict "said by": the statement's signers against the keys that were given as of a checkpoint.
 * Who may hold a key was judged by the audit that gave them; here they are only looked up at the record. */
import { signedMessage } from "./envelope.js";
import { Fault } from "./fault.js";
import { verifyEnvelope } from "./keys.js";
import { officeAt } from "./pins.js";
import { parseUtc } from "./times.js";
import { say } from "./words.js";

const INTRODUCE_THEMSELVES = ["charter", "accession"];

/** Check the signatures: all true, and exactly those of the statement's signers.
 * Gives {unchecked: keyids}. Throws Fault `signature.false`, `envelope.signatures`, `envelope.unknown-key`. */
export async function verifySigned(envelope, said, pins) {
  const message = signedMessage(envelope.payload);
  const { unknown, unchecked } = await verifyEnvelope(envelope, message, pins.keys);
  if (unknown.length)
    throw new Fault(
      "envelope.unknown-key",
      say("Keys that are not among those given here: %(keys)s", { keys: unknown.join(", ") }),
    );
  const due = said.signers.flatMap((signer) => pins.signers.get(signer)?.keys ?? [`?${signer}`]).sort();
  const found = envelope.signatures.map((row) => row.keyid);
  if (String(due) !== String(found)) {
    throw new Fault(
      "envelope.signatures",
      say("The envelope does not hold exactly the signatures of the statement’s signers."),
    );
  }
  return { unchecked };
}

/** Check the signers at record `index`, received then (seconds): {counted, threshold, contested: revocation or null}.
 * Throws Fault `signer.…`. */
export function requireStanding(said, pins, index, received) {
  const at = INTRODUCE_THEMSELVES.includes(said.type) ? index + 1 : index;
  const office = officeAt(pins, said.party, said.office, at);
  if (office === null)
    throw new Fault("statement.office", say("The office %(office)s was not in force.", { office: said.office }));
  if (!office.types.includes(said.type)) {
    throw new Fault(
      "statement.scope",
      say("The office %(office)s might not issue this type.", { office: said.office }),
    );
  }
  const entering = said.type === "key-change" ? officeAt(pins, said.party, "root", index + 1) : null;
  for (const signer of said.signers) requireSigner(signer, office, entering, pins, index, received);
  const counted = said.signers.filter((signer) => Object.hasOwn(office.signers, signer)).length;
  if (counted < office.threshold) {
    throw new Fault(
      "signer.threshold",
      say("Signers: %(have)s, needed: %(need)s.", { have: counted, need: office.threshold }),
    );
  }
  return { counted, threshold: office.threshold, contested: contestedBy(said, pins, index) };
}

function requireSigner(signer, office, entering, pins, index, received) {
  const validity = office.signers[signer] ?? entering?.signers[signer];
  if (validity === undefined)
    throw new Fault("signer.unknown", say("%(signer)s was no signer of the office.", { signer }));
  const revoked = pins.signers.get(signer)?.revoked;
  if (revoked && revoked.record < index) {
    throw new Fault(
      "signer.revoked",
      say("Signer %(signer)s was revoked in record %(record)s.", { signer, record: revoked.record }),
    );
  }
  const early = validity.not_before !== null && received < parseUtc(validity.not_before);
  const late = validity.not_after !== null && received > parseUtc(validity.not_after);
  if (early || late)
    throw new Fault(
      "signer.expired",
      say("Signer %(signer)s was not in force when the statement was received.", { signer }),
    );
}

function contestedBy(said, pins, index) {
  for (const signer of said.signers) {
    const revoked = pins.signers.get(signer)?.revoked;
    if (revoked && revoked.from_record !== null && revoked.from_record <= index) return revoked;
  }
  return null;
}
