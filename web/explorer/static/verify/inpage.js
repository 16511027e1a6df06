/** The page "Check a document": the same check in the reader's browser, beside the server's, and each says which it is. */
import { checkAll } from "./check.js";
import { abilities } from "./ed25519.js";
import { acceptDrops, givenPieces } from "./input.js";
import { readPins } from "./pins.js";
import { article, element, goTo, status } from "./show.js";
import { say, useWords } from "./words.js";

const form = document.getElementById("check");
const served = JSON.parse(document.getElementById("served").textContent);

/** The pins, fetched once and read again by this browser's own rules. */
let fetched = null;
async function pinsHere() {
  fetched ??= fetch(served.pins, { credentials: "omit" }).then((answer) => answer.json());
  const value = await fetched;
  return value === null ? null : readPins(value);
}

/** What was answered, in one line, for whoever hears the page: the answers themselves are long. */
const heard = { there: "", here: "" };
function announce(by, text) {
  heard[by] = text;
  document.getElementById("heard").textContent = [heard.there, heard.here].filter(Boolean).join(" ");
}

async function checkHere() {
  const shown = document.getElementById("browser");
  try {
    const can = await abilities();
    if (!can.ed25519)
      throw new Error(
        say(
          "This browser cannot check Ed25519 signatures: no signature can be judged here. Use a newer browser, or detente-verify.",
        ),
      );
    const pieces = await givenPieces([...form.elements.file.files], form.elements.text.value);
    const answers = await checkAll(pieces, { pins: await pinsHere() }, Math.floor(Date.now() / 1000));
    const by = say("Checked by your browser, with the policy and the keys that this site gave it.");
    shown.replaceChildren(...answers.map((answer) => article(answer, by)));
    const words = answers.map((answer) => answer.word);
    if (!answers.length) {
      words.push(say("Your browser had nothing to check."));
      shown.replaceChildren(element("p", { class: "empty" }, ...words));
    }
    announce("here", say("Your browser: %(answer)s.", { answer: words.join("; ") }));
  } catch (error) {
    shown.replaceChildren(element("p", { class: "verdict is-overdue" }, status("overdue", error.message)));
    announce("here", error.message);
  }
  shown.hidden = false;
  return shown;
}

/** The browser's answer alone: what the server said of something else before goes. */
async function checkHereAlone() {
  announce("there", "");
  document.getElementById("answers").hidden = true;
  const shown = await checkHere();
  goTo(shown.querySelector("h2") ?? shown.firstElementChild);
}

/** Send the form as ever, but take the answer into this page, so that the browser's own can stand beside it. */
async function checkThere() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "omit" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("answers") ?? page.querySelector("main");
  if (!found) throw new Error(say("The server did not answer with a page."));
  const shown = document.getElementById("answers");
  shown.replaceChildren(...found.childNodes);
  shown.hidden = false;
  const words = Array.from(shown.querySelectorAll(".answer .verdict h3"), (heading) => heading.textContent.trim());
  const heading = shown.querySelector("h1, h2");
  announce("there", say("This server: %(answer)s.", { answer: words.join("; ") || heading.textContent.trim() }));
  goTo(heading);
}

function begin() {
  useWords(served.words, served.language);
  const alone = element(
    "button",
    { type: "button", class: "btn second", id: "here" },
    say("Check in this browser alone, send nothing"),
  );
  form.querySelector(".buttons").append(" ", alone);
  alone.addEventListener("click", () => void checkHereAlone());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void checkHere();
    checkThere().catch(() => form.submit());
  });
  document.getElementById("fh").append(" ", say("Or drop them anywhere on this page."));
  acceptDrops((files) => {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    form.elements.file.files = transfer.files;
    form.requestSubmit();
  });
}

begin();
