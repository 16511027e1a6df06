/** A check: what was given is told apart, put together and answered for. Nothing is fetched, nothing is sent. */
import { sha256Hex, toHex } from "./bytes.js";
import { attachedFiles } from "./pdf.js";
import { recognise } from "./recognise.js";
import { holdOpenings } from "./sealing.js";
import { climb, failedStep, witnessedOf } from "./steps.js";
import { say } from "./words.js";

/** Check everything that was given: bytes of each thing. Gives one answer for each thing that can be answered for.
 * `given`: {pins or null}; `now`: the reader's clock, seconds. */
export async function checkAll(pieces, given, now) {
  const items = [];
  for (const raw of pieces) items.push(...(await opened(await recognise(raw))));
  const of = (kind) => items.filter((item) => item.kind === kind && item.value !== null);
  const { pins } = given;
  // A policy is the reader's own file: one that came inside of a document would let the document say whom to believe.
  const own =
    items.filter((item) => item.kind === "policy" && item.value !== null && !item.attached).at(-1)?.value ?? null;
  const trust = { pins, policy: own ?? pins?.policy ?? null, own: own !== null, now };
  const envelopes = [...of("envelope").map((i) => i.value), ...of("record").map((i) => i.value.envelope)];
  envelopes.push(
    ...of("handed")
      .map((item) => item.value.envelope)
      .filter(Boolean),
  );
  const used = new Set();
  const answers = [];
  for (const item of items) answers.push(await answerFor(item, envelopes, used, trust));
  const alone = envelopes.filter((envelope) => !used.has(envelope));
  for (const envelope of alone) answers.push(await climb({ envelope, proof: null, trust }));
  const pages = say(
    "What the pages of the PDF show was not checked, only the files inside it: read the statement itself.",
  );
  const note = items.some((item) => item.attached) ? pages : null;
  return answers.filter((answer) => answer !== null).map((answer) => ({ ...answer, note }));
}

/** A PDF stands for the files that it carries; everything else for itself. */
async function opened(item) {
  if (item.kind !== "pdf") return [item];
  const inside = [];
  for (const raw of await attachedFiles(item.raw)) inside.push({ ...(await recognise(raw)), attached: true });
  return inside.some((one) => one.kind !== "file") ? inside : [item];
}

async function answerFor(item, envelopes, used, trust) {
  if (item.fault) return broken(item);
  if (item.kind === "receipt") return answerReceipt(item.value, envelopes, used, trust);
  if (item.kind === "handed") return answerHanded(item.value, envelopes, used, trust);
  if (item.kind === "statement") {
    if (await anyHolds(envelopes, item.digest)) return null;
    return climb({ envelope: null, said: item.value, proof: null, trust });
  }
  if (item.kind === "checkpoint") return answerCheckpoint(item.value, trust);
  return ["envelope", "record", "policy"].includes(item.kind) ? null : unanswered(item);
}

async function anyHolds(envelopes, digest) {
  for (const envelope of envelopes) if ((await sha256Hex(envelope.payload)) === digest) return true;
  return false;
}

/** A receipt is held against each envelope given: it belongs to the one whose record it proves. */
async function answerReceipt(proof, envelopes, used, trust) {
  const answers = [];
  for (const envelope of envelopes) answers.push([envelope, await climb({ envelope, proof, trust })]);
  const fits = answers.find(([, answer]) => answer.steps[3].state === "done") ?? answers[0];
  if (fits === undefined) return climb({ envelope: null, proof, trust });
  used.add(fits[0]);
  return fits[1];
}

async function answerHanded(handed, envelopes, used, trust) {
  let envelope = handed.envelope;
  for (const one of envelopes) if ((await sha256Hex(one.payload)) === handed.statement) envelope = one;
  if (!envelope)
    return {
      ...cannotSay(say("The file opens statement %(id)s; give its envelope too.", { id: handed.statement })),
      word: say("Cannot be determined"),
    };
  used.add(envelope).add(handed.envelope);
  const answer = await climb({ envelope, proof: handed.receipt, trust });
  const said = answer.facts.said;
  if (!said || said.id !== handed.statement || said.ledger !== handed.ledger) {
    return {
      ...answer,
      state: "overdue",
      word: say("Does not hold"),
      told: say("The file opens another statement than the envelope holds."),
    };
  }
  const openings = await holdOpenings(handed.disclosures, said);
  if (openings.every((row) => row.wrong === null)) return { ...answer, openings };
  return {
    ...answer,
    openings,
    state: "overdue",
    word: say("Does not hold"),
    told: say("A disclosure does not open what the statement committed to."),
  };
}

async function answerCheckpoint(checkpoint, trust) {
  if (!trust.policy) return cannotSay(say("No policy: give a policy file to believe a checkpoint by."));
  const row = { name: say("Witnessed"), ...(await witnessedOf(checkpoint, trust)) };
  const root = toHex(checkpoint.root);
  const pinned = trust.pins?.checkpoint;
  const facts = {
    statement: null,
    said: null,
    index: null,
    received: null,
    party: null,
    size: String(checkpoint.size),
    root,
  };
  const base = { verdicts: [], steps: [row], facts, openings: null, command: null };
  if (row.state === "overdue") return { ...base, state: "overdue", word: say("Does not hold"), told: row.detail };
  if (
    row.state === "done" &&
    pinned &&
    trust.pins.ledger === checkpoint.origin &&
    BigInt(pinned.size) === checkpoint.size &&
    pinned.root !== root
  ) {
    return {
      ...base,
      state: "overdue",
      word: say("Two roots for one size"),
      told: say(
        "This checkpoint and the one that this page was made from cannot both be true. Keep both: together they are evidence.",
      ),
    };
  }
  return {
    ...base,
    state: row.state,
    word: row.state === "done" ? say("A witnessed checkpoint") : say("Cannot be determined"),
    told: say("A checkpoint of %(size)s records of %(origin)s.", { size: checkpoint.size, origin: checkpoint.origin }),
  };
}

function cannotSay(told) {
  const facts = { statement: null, said: null, index: null, received: null, party: null };
  return {
    state: "unknown",
    word: say("Cannot be determined"),
    told,
    verdicts: [],
    steps: [],
    facts,
    command: null,
    openings: null,
  };
}

/** Something that is meant to be of a kind, and is not of its form. */
function broken(item) {
  const told = say(
    "It looks like this kind of file: %(kind)s. It is not in the form that this kind has, to the byte.",
    { kind: item.kind },
  );
  const step = { name: say("Bytes"), ...failedStep(item.fault) };
  return {
    ...cannotSay(told),
    state: "overdue",
    word: say("Does not hold"),
    steps: [step],
    facts: { digest: item.digest },
  };
}

const UNANSWERED = {
  report: () => say("A verifier’s report is judged by detente-verify, or by the page “Check a document” of an explorer."),
  evidence: () => say("Evidence is judged by detente-verify, or by the page “Check a document” of an explorer."),
  digest: () => say("A digest or id alone proves nothing offline. Ask an explorer, or give the files."),
  index: () => say("A record’s number alone proves nothing offline. Ask an explorer, or give the files."),
  disclosure: () => say("A disclosure opens a sealed place of one statement: give the file that holds both."),
  pdf: () => say("No receipt or envelope is attached inside this PDF. A PDF saved again or printed anew loses them."),
  file: () =>
    say(
      "Not a statement, envelope or receipt that this page can read. A file that a statement names is compared by its digest, in an explorer.",
    ),
};

function unanswered(item) {
  return {
    ...cannotSay(UNANSWERED[item.kind]()),
    facts: { digest: item.kind === "digest" ? item.value : item.digest },
  };
}
