/** The six steps, each computed from the bytes that were given. Nothing is fetched, nothing is sent. */
import { earlierTime } from "./checkpoint.js";
import { Fault } from "./fault.js";
import { acceptCheckpoint, earliestQuorum } from "./policy.js";
import { verifyReceipt } from "./receipt.js";
import { requireStanding, verifySigned } from "./said.js";
import { parseStatement } from "./statement.js";
import { concluded } from "./verdicts.js";
import { say, sayTime } from "./words.js";

/** The step as a row: `state` is done, unknown or overdue, as everywhere in the explorer. */
function passedStep(detail) {
  return { state: "done", word: say("passed"), detail };
}

function skippedStep(detail) {
  return { state: "unknown", word: say("not reached"), detail, skipped: true };
}

function openStep(detail) {
  return { state: "unknown", word: say("cannot be determined"), detail };
}

export function failedStep(fault) {
  return { state: "overdue", word: say("failed"), detail: fault.told(), code: fault.code };
}

/** Climb the steps with what there is: a receipt, an envelope, a statement. Each step is tried where it can be. */
export async function climb({ envelope, said = null, proof, trust }) {
  const found = { envelope, said, proof, trust, logged: null, index: null, received: null };
  const tries = [bytesStep, signaturesStep, keysStep, includedStep, witnessedStep, latestStep];
  const names = [say("Bytes"), say("Signatures"), say("Keys"), say("Included"), say("Witnessed"), say("Latest word")];
  await establish(found); // where the record stands decides which keys are asked, so it comes first
  const steps = [];
  for (const [n, step] of tries.entries()) {
    try {
      steps.push({ name: names[n], ...(await step(found)) });
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      steps.push({ name: names[n], ...(fault.code === "library.unfit" ? openStep(fault.message) : failedStep(fault)) });
    }
  }
  return concluded(found, steps);
}

async function establish(found) {
  const { proof, envelope, trust } = found;
  if (envelope) {
    try {
      found.said = await parseStatement(envelope.payload);
    } catch (fault) {
      found.unreadable = fault;
    }
  }
  if (!proof || !trust.policy) return;
  try {
    found.accepted = await acceptCheckpoint(trust.policy, proof.checkpoint, trust.now);
  } catch (fault) {
    found.refused = fault;
  }
  if (!envelope) return;
  try {
    found.logged = await verifyReceipt(proof, envelope, trust.policy, trust.now);
    [found.index, found.received] = [Number(found.logged.index), found.logged.received];
  } catch (fault) {
    found.unproven = fault;
  }
}

function bytesStep({ said, unreadable, envelope, proof }) {
  if (unreadable) throw unreadable;
  if (said)
    return passedStep(
      say("A statement in canonical form, %(size)s bytes; its id is shown.", { size: said.payload.length }),
    );
  if (proof && !envelope)
    return passedStep(say("A receipt in canonical form. The envelope that it belongs to was not given."));
  return skippedStep(say("No statement was given."));
}

async function signaturesStep(found) {
  const { envelope, said, trust } = found;
  if (!envelope) return skippedStep(say("No envelope was given; signatures stand in the envelope."));
  if (!said) return skippedStep(say("Depends on step %(step)s.", { step: 1 }));
  if (!trust.pins)
    return openStep(say("No keys are embedded in this copy of the page, so nobody’s signature can be checked."));
  if (trust.pins.ledger !== said.ledger)
    return openStep(say("The keys here are those of another ledger, %(ledger)s.", { ledger: trust.pins.ledger }));
  const { unchecked } = await verifySigned(envelope, said, trust.pins);
  found.signed = true;
  const values = { count: envelope.signatures.length - unchecked.length, signers: said.signers.length };
  if (!unchecked.length)
    return passedStep(say("Valid signatures: %(count)s, by signers: %(signers)s, and no others.", values));
  found.half = true;
  return openStep(
    say("Valid signatures: %(count)s. ML-DSA signatures not checked: %(left)s; this browser cannot.", {
      ...values,
      left: unchecked.length,
    }),
  );
}

function keysStep(found) {
  const { said, signed, trust, received } = found;
  if (!signed) return skippedStep(say("Depends on step %(step)s.", { step: 2 }));
  const size = trust.pins.checkpoint.size;
  const index = found.index ?? size;
  const standing = requireStanding(said, trust.pins, index, received ?? trust.now);
  found.standing = standing;
  const values = { have: standing.counted, need: standing.threshold, index, size };
  if (standing.contested) {
    const { record, from_record: since } = standing.contested;
    return {
      state: "unknown",
      word: say("contested"),
      detail: say("Record %(record)s says that a signer was not its owner’s from record %(since)s on.", {
        record,
        since,
      }),
    };
  }
  if (found.index === null)
    return passedStep(
      say(
        "In force at the checkpoint of %(size)s records, signers %(have)s of %(need)s needed; judged again when it is recorded.",
        values,
      ),
    );
  if (found.index >= size)
    return passedStep(
      say(
        "In force, signers %(have)s of %(need)s needed, by the keys as of %(size)s records: the record is newer, a later change is not known here.",
        values,
      ),
    );
  return passedStep(say("In force at record %(index)s; signers %(have)s of %(need)s needed.", values));
}

function includedStep({ proof, envelope, said, logged, unproven, trust }) {
  if (!proof) return openStep(say("No receipt was given: whether it is in the record is open."));
  if (!envelope)
    return skippedStep(say("Give the envelope with the receipt: a receipt alone cannot be bound to a text."));
  if (!trust.policy) return openStep(say("No policy: give a policy file to believe a checkpoint by."));
  const { index, checkpoint, hashes } = proof;
  if (logged && said) requireSameLedger(said, checkpoint);
  if (logged)
    return passedStep(
      say("Record %(index)s: %(hashes)s hashes lead to the root of the checkpoint of %(size)s records.", {
        index,
        hashes: hashes.length,
        size: checkpoint.size,
      }),
    );
  if (unproven.code.startsWith("signature.") || unproven.code.startsWith("quorum."))
    return skippedStep(say("Depends on step %(step)s.", { step: 5 }));
  throw unproven;
}

/** A record's number means something in its own ledger alone. */
function requireSameLedger(said, checkpoint) {
  if (said.ledger === checkpoint.origin) return;
  throw new Fault(
    "statement.ledger",
    `the receipt is of ${checkpoint.origin}, the statement is for ${said.ledger}`,
    "/ledger",
  );
}

function witnessedStep({ proof, accepted, refused, trust }) {
  if (!proof) return skippedStep(say("Depends on step %(step)s.", { step: 4 }));
  if (!trust.policy) return openStep(say("No policy: give a policy file to believe a checkpoint by."));
  if (refused) {
    if (refused.code !== "quorum.unchecked" && refused.code !== "library.unfit") throw refused;
    return openStep(say("This browser cannot check ML-DSA, and without those signatures the policy is not met."));
  }
  const names = new Set([...accepted.cosigned.keys()].map((name) => trust.policy.witnesses.get(name).name));
  if (trust.policy.quorum === null) return openStep(say("The policy names no quorum of witnesses."));
  const times = new Map();
  for (const [name, time] of accepted.cosigned)
    if (time) addEarliest(times, trust.policy.witnesses.get(name).name, time);
  const moment = earliestQuorum(trust.policy, times);
  const left = accepted.unchecked.length
    ? ` ${say("ML-DSA signatures not checked: %(left)s; this browser cannot.", { left: accepted.unchecked.length })}`
    : "";
  const values = {
    have: names.size,
    all: new Set([...trust.policy.witnesses.values()].map((key) => key.name)).size,
    time: moment === null ? "?" : sayTime(Number(moment)),
  };
  return passedStep(
    say("Signed by the log, and by %(have)s of %(all)s witnesses; enough of them by %(time)s.", values) + left,
  );
}

function addEarliest(times, name, time) {
  times.set(name, earlierTime(time, times.get(name) ?? 0n));
}

function latestStep({ logged }) {
  if (!logged) return skippedStep(say("Depends on step %(step)s.", { step: 4 }));
  return openStep(
    say("Not known without the ledger: a later record may change, cancel or withdraw it. Ask the explorer by the id."),
  );
}

/** The step "witnessed" of a checkpoint that stands alone. */
export async function witnessedOf(checkpoint, trust) {
  const found = { proof: { checkpoint }, trust };
  try {
    found.accepted = await acceptCheckpoint(trust.policy, checkpoint, trust.now);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    if (fault.code !== "quorum.unchecked" && fault.code !== "library.unfit") return failedStep(fault);
    found.refused = fault;
  }
  return witnessedStep(found);
}
