/** The two verdicts on a document, "logged" and "said by", and the worded outcome. They are never one. */
import { partyName } from "./pins.js";
import { parseUtc } from "./times.js";
import { say, sayTime, spokenLanguage } from "./words.js";

/** The two verdicts, "logged" and "said by", and the worded outcome. */
export function concluded(found, steps) {
  const { said, proof, logged, standing, half, trust } = found;
  const failed = steps.findIndex((step) => step.state === "overdue");
  const name = said ? partyName(trust.pins, said.party, spokenLanguage()) : null;
  const isSaid = Boolean(standing) && !half && !standing.contested;
  const rows = [loggedVerdict(found, steps), saidVerdict(found, steps, name)];
  const facts = {
    statement: said?.id ?? null,
    said,
    index: proof ? String(proof.index) : null,
    received: found.received,
    party: name,
  };
  const outcome = outcomeOf({ failed, steps, logged, isSaid, standing, said, name });
  if (logged && trust.own) outcome.told += ` ${say("By the policy that you gave.")}`; // it overrides the page's own
  const command = proof
    ? "detente-verify receipt FILE.tlog-proof --envelope FILE.envelope.json --policy YOUR.policy --state YOUR.state"
    : "detente-verify statement FILE.envelope.json --state YOUR.state";
  return { ...outcome, verdicts: rows, steps, facts, command, openings: null };
}

function loggedVerdict({ logged, trust }, steps) {
  if (logged) {
    const told = trust.own ? say("By the policy that you gave.") : say("By the policy in this page.");
    return {
      name: say("Logged"),
      state: "done",
      word: say("yes"),
      detail: `${say("Record %(index)s, received %(time)s.", { index: logged.index, time: sayTime(logged.received) })} ${told}`,
    };
  }
  const wrong = [steps[3], steps[4]].find((step) => step.state === "overdue");
  if (wrong) return { name: say("Logged"), state: "overdue", word: say("not shown"), detail: wrong.detail };
  return {
    name: say("Logged"),
    state: "unknown",
    word: say("open"),
    detail: [steps[3], steps[4]].find((step) => step.state !== "done")?.detail ?? "",
  };
}

function saidVerdict({ said, trust }, steps, party) {
  const name = said ? say("Said by %(party)s", { party }) : say("Said by a party");
  const wrong = steps.slice(0, 3).find((step) => step.state !== "done");
  if (wrong)
    return {
      name,
      state: wrong.state,
      word: wrong.state === "overdue" ? say("not shown") : wrong.word,
      detail: wrong.detail,
    };
  const { size } = trust.pins.checkpoint;
  return {
    name,
    state: "done",
    word: say("yes"),
    detail: say("By the keys that this page carries, as of the checkpoint of %(size)s records, audited %(time)s.", {
      size,
      time: sayTime(parseUtc(trust.pins.audited)),
    }),
  };
}

function outcomeOf({ failed, steps, logged, isSaid, standing, said, name }) {
  if (failed >= 0) {
    return {
      state: "overdue",
      word: say("Does not hold"),
      told: say(
        "Step %(step)s, %(name)s, failed. This document cannot be relied on as it is; that says nothing about who changed what.",
        { step: failed + 1, name: steps[failed].name },
      ),
    };
  }
  const later = say("Whether something newer replaces it is not known here.");
  if (standing?.contested && logged)
    return {
      state: "unknown",
      word: say("In the record, contested"),
      told: say("%(party)s says that the key was not its own by then.", { party: name }),
    };
  if (logged && isSaid)
    return {
      state: "done",
      word: say("In the record, and signed"),
      told: `${say("Signed by %(party)s, and in the record.", { party: name })} ${later}`,
      exercise: said.exercise,
    };
  if (logged)
    return {
      state: "done",
      word: say("In the record"),
      told: `${say("These bytes are in the record. By whom they were signed could not be checked here.")} ${later}`,
      exercise: said?.exercise,
    };
  if (isSaid)
    return {
      state: "open",
      word: say("Signed; whether in the record is open"),
      told: say("The signatures of %(party)s are valid. Without a receipt nothing says that the ledger holds it.", {
        party: name,
      }),
      exercise: said.exercise,
    };
  return {
    state: "unknown",
    word: say("Cannot be determined"),
    told: say("What was given does not suffice. That does not mean that anything is wrong with it."),
  };
}
