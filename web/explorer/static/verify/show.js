/** Answers as elements of a page. Text is only ever text: nothing that was given becomes markup. */
import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
// Each state's symbol, as [class, path]: its outline alone tells it apart (the explorer's own symbols).
const SYMBOLS = {
  done: [["", "m3 8.6 3.4 3.4L13 4.8"]],
  overdue: [
    ["fill", "m8 .9 7.1 7.1L8 15.1.9 8z"],
    ["cut", "M8 4.6v4"],
    ["cut", "M8 11.2v.1"],
  ],
  open: [["", "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13z"]],
  unknown: [
    ["dashed", "M8 1.4a6.6 6.6 0 1 0 0 13.2 6.6 6.6 0 1 0 0-13.2z"],
    ["", "M6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.2M8 11.3v.1"],
  ],
  skip: [["", "M4 8h8"]],
};
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]/u;

/** An element with attributes and children; a text child stays text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function icon(state) {
  const drawn = document.createElementNS(SVG, "svg");
  for (const [name, value] of [
    ["class", "icon"],
    ["viewBox", "0 0 16 16"],
    ["aria-hidden", "true"],
  ])
    drawn.setAttribute(name, value);
  for (const [name, path] of SYMBOLS[state] ?? SYMBOLS.unknown) {
    const line = document.createElementNS(SVG, "path");
    if (name === "dashed") line.setAttribute("stroke-dasharray", "2.4 2.2");
    else line.setAttribute("class", name);
    line.setAttribute("d", path);
    drawn.append(line);
  }
  return drawn;
}

/** A status: symbol, word and colour, all three. `symbol`: another than the state's own. */
export function status(state, word, symbol = state) {
  return element("span", { class: `st is-${state}` }, icon(symbol), element("span", {}, word));
}

/** Take the reader to where the answer begins: it comes into view, and the keyboard goes on from there. */
export function goTo(heading) {
  heading.setAttribute("tabindex", "-1");
  heading.focus({ preventScroll: true });
  heading.scrollIntoView();
}

/** Foreign text: its direction isolated, what is invisible shown by its code point. */
export function foreign(text, language = "und") {
  const shown = element("bdi", { lang: language, dir: "auto" });
  for (const char of text) {
    const code = `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    if (char !== "\n" && INVISIBLE.test(char)) shown.append(element("span", { class: "ctl" }, code));
    else shown.append(char);
  }
  return shown;
}

function statusOf({ state, word, skipped }) {
  return status(state, word, skipped ? "skip" : state);
}

function ladderOf(steps) {
  if (!steps.length) return null;
  const rows = steps.map((step) =>
    element(
      "li",
      { class: `is-${step.state}` },
      element("p", { class: "q" }, element("span", {}, step.name), statusOf(step)),
      element("p", { class: "d" }, foreign(step.detail)),
    ),
  );
  return element("ol", { class: "ladder" }, ...rows);
}

function verdictRows(verdicts) {
  if (!verdicts.length) return null;
  const rows = verdicts.map((row) =>
    element(
      "div",
      {},
      element("dt", {}, foreign(row.name)),
      element("dd", {}, status(row.state, row.word), " ", foreign(row.detail)),
    ),
  );
  return element("dl", { class: "facts wide" }, ...rows);
}

function factsOf(facts) {
  const { said } = facts;
  if (said) {
    return element(
      "p",
      { class: "small" },
      foreign(said.title, said.language),
      element("br"),
      element("code", { class: "hash" }, said.id),
    );
  }
  const hash = facts.digest ?? facts.root;
  return hash ? element("p", { class: "small" }, element("code", { class: "hash" }, hash)) : null;
}

function openingsOf(openings) {
  if (openings === null) return null;
  const rows = openings.map((row) =>
    element(
      "div",
      {},
      element("dt", {}, element("code", {}, foreign(row.pointer)), " ", row.tlp),
      element("dd", {}, openedValue(row)),
    ),
  );
  return element(
    "section",
    {},
    element("h3", {}, say("What was opened")),
    element(
      "p",
      { class: "note" },
      say(
        "It proves what the party committed to, and never who handed it on. Whether a value may stand at its place is checked by detente-verify.",
      ),
    ),
    element("dl", { class: "facts wide" }, ...rows),
  );
}

function openedValue({ opened, wrong }) {
  if (wrong) return status("overdue", wrong.message);
  return opened.name === null ? say("stands for nothing (a decoy)") : foreign(JSON.stringify(opened.value));
}

/** One answer as an article; `by` says who checked. */
export function article(answer, by) {
  const exercise = answer.exercise
    ? element(
        "p",
        { class: "exercise", role: "note" },
        element("b", {}, say("Exercise. Exercise. Exercise.")),
        " ",
        say("This statement was made for a drill. It is not about a real incident."),
      )
    : null;
  return element(
    "article",
    { class: "answer" },
    exercise,
    element(
      "div",
      { class: `verdict is-${answer.state}` },
      element("h2", {}, status(answer.state, answer.word)),
      element("p", {}, foreign(answer.told)),
      element("p", { class: "small by" }, by),
    ),
    factsOf(answer.facts),
    verdictRows(answer.verdicts),
    ladderOf(answer.steps),
    openingsOf(answer.openings),
    answer.note ? element("p", { class: "note" }, answer.note) : null,
    answer.command
      ? element("p", { class: "small" }, say("The command that repeats it, trusting only what you hold:"))
      : null,
    answer.command ? element("pre", { class: "cmd", dir: "ltr" }, answer.command) : null,
  );
}
