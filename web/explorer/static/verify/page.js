/** The offline verifier: one page, no server. It is allowed no connection, so what is given to it stays in it. */
import { checkAll } from "./check.js";
import { abilities } from "./ed25519.js";
import { acceptDrops, givenPieces } from "./input.js";
import { readPins } from "./pins.js";
import { article, element, foreign, goTo, status } from "./show.js";
import { parseUtc } from "./times.js";
import { say, sayTime, useWords } from "./words.js";

const held = [];

/** What the server put into the page when it served it: pins, words, language. Empty in the released file. */
function servedWith() {
  return JSON.parse(document.getElementById("served").textContent);
}

async function begin() {
  const { pins, words, language, direction } = servedWith();
  useWords(words ?? {}, language);
  document.documentElement.lang = language ?? "en";
  document.documentElement.dir = direction ?? "ltr";
  document.title = say("Check a document offline");
  const given = { pins: pins ? await readPins(pins) : null };
  document
    .getElementById("main")
    .replaceChildren(...head(given), form(given), heard(), element("div", { id: "answers" }));
  await warn();
  acceptDrops((files) => add(files, given));
}

function head({ pins }) {
  return [
    element("h1", {}, say("Check a document offline")),
    element(
      "p",
      { class: "lead" },
      say(
        "This page checks bytes, signatures, inclusion and quorum in your browser. It can open no connection: nothing that you give it leaves it.",
      ),
    ),
    pins
      ? pinnedFacts(pins)
      : element(
          "p",
          { class: "empty" },
          say(
            "No policy and no keys are embedded in this copy. Add your policy file to what you check: it decides which checkpoints are believed. Who said it needs keys: take the page from an explorer that you trust, or use detente-verify.",
          ),
        ),
    element(
      "p",
      { class: "note" },
      say(
        "It cannot know what came later, and it knows no rule of any statement type: detente-verify and an explorer do.",
      ),
    ),
  ];
}

function pinnedFacts(pins) {
  const { size, root } = pins.checkpoint;
  return element(
    "dl",
    { class: "facts wide" },
    fact(say("Ledger"), element("code", { class: "hash" }, foreign(pins.ledger))),
    fact(
      say("Keys as of"),
      say("the checkpoint of %(size)s records, audited %(time)s", { size, time: sayTime(parseUtc(pins.audited)) }),
      element("br"),
      element("code", { class: "hash" }, root),
    ),
    fact(say("Charter"), element("code", { class: "hash" }, pins.charter)),
    fact(
      say("Policy"),
      element(
        "details",
        {},
        element("summary", {}, say("The policy in this page; add a file of your own to judge by that instead")),
        element("pre", { class: "raw", dir: "ltr" }, foreign(new TextDecoder().decode(pins.policy.raw))),
      ),
    ),
  );
}

/** How much was taken, and in one line what was answered, for whoever hears the page: the answers themselves are long. */
function heard() {
  return element("p", { id: "heard", class: "small muted", role: "status" });
}

function fact(name, ...value) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, ...value));
}

function form(given) {
  const files = element("input", { id: "f", type: "file", multiple: "", "aria-describedby": "fh" });
  const text = element("textarea", {
    id: "t",
    rows: "4",
    spellcheck: "false",
    autocomplete: "off",
    dir: "auto",
    "aria-describedby": "th",
  });
  const made = element(
    "form",
    { class: "panel form" },
    element(
      "p",
      { class: "field" },
      element("label", { for: "f" }, say("Files")),
      element(
        "span",
        { class: "hint", id: "fh" },
        say(
          "A receipt with its envelope, a statement, a disclosure file, a checkpoint, a PDF certificate, and your own policy. Choose them together, or drop them anywhere.",
        ),
      ),
      files,
    ),
    element(
      "p",
      { class: "field" },
      element("label", { for: "t" }, say("Or text")),
      element("span", { class: "hint", id: "th" }, say("Paste a statement, an envelope or a receipt.")),
      text,
    ),
    element("p", { class: "buttons" }, element("button", { class: "btn" }, say("Check")), " ", clearButton()),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    void add([...files.files], given, text.value);
    made.reset();
  });
  return made;
}

function clearButton() {
  const made = element("button", { type: "button", id: "clear" }, say("Begin again"));
  made.addEventListener("click", () => {
    held.length = 0;
    document.getElementById("answers").replaceChildren();
    document.getElementById("heard").replaceChildren();
  });
  return made;
}

/** Take further pieces in and answer for all that are here: a receipt may come before its envelope. */
async function add(files, given, text = "") {
  const shown = document.getElementById("answers");
  try {
    held.push(...(await givenPieces(files, text)));
    if (!held.length) return;
    const answers = await checkAll(held, given, Math.floor(Date.now() / 1000));
    const by = say("Checked by your browser, in this page.");
    shown.replaceChildren(...answers.map((answer) => article(answer, by)));
    if (!answers.length)
      shown.append(element("p", { class: "empty" }, say("A policy is taken in. Now give what is to be checked.")));
    const words = answers.map((answer) => answer.word).join("; ");
    const pieces = say("Files and texts taken together: %(count)s.", { count: held.length });
    document.getElementById("heard").replaceChildren([pieces, words].filter(Boolean).join(" "));
  } catch (error) {
    shown.replaceChildren(element("p", { class: "verdict is-overdue" }, status("overdue", error.message)));
    document.getElementById("heard").replaceChildren(); // the reader is taken to the refusal itself
  }
  goTo(shown.querySelector("h2") ?? shown.firstElementChild);
}

async function warn() {
  const can = await abilities();
  const rows = [];
  if (!can.digests)
    rows.push([
      "overdue",
      say("This browser does not let this page use its cryptography. Open the page from a file or over https."),
    ]);
  else if (!can.ed25519)
    rows.push([
      "overdue",
      say(
        "This browser cannot check Ed25519 signatures: no signature can be judged here. Use a newer browser, or detente-verify.",
      ),
    ]);
  else if (!can.mldsa)
    rows.push([
      "unknown",
      say(
        "This browser cannot check ML-DSA signatures. Where there are some, the page says that they were not checked.",
      ),
    ]);
  for (const [state, text] of rows)
    document.querySelector("form").before(element("p", { class: `note is-${state}` }, status(state, text)));
}

void begin();
