/** The page "Check a document": the same check in the reader's browser, beside the server's, and each says which it is. */
import { checkAll } from "./check.js";
import { abilities } from "./ed25519.js";
import { acceptDrops, givenPieces } from "./input.js";
import { readPins } from "./pins.js";
import { article, element, status } from "./show.js";
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

async function checkHere() {
  const shown = document.getElementById("browser");
  shown.hidden = false;
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
    if (!answers.length)
      shown.replaceChildren(element("p", { class: "empty" }, say("Your browser had nothing to check.")));
  } catch (error) {
    shown.replaceChildren(element("p", { class: "verdict is-overdue" }, status("overdue", error.message)));
  }
}

/** Send the form as ever, but take the answer into this page, so that the browser's own can stand beside it. */
async function checkThere() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "omit" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("answers") ?? page.querySelector("main");
  if (!found) throw new Error(say("The server did not answer with a page."));
  document.getElementById("answers").replaceChildren(...found.childNodes);
}

function begin() {
  useWords(served.words, served.language);
  const alone = element(
    "button",
    { type: "button", class: "btn quiet", id: "here" },
    say("Check in this browser alone, send nothing"),
  );
  form.querySelector(".buttons").append(" ", alone);
  alone.addEventListener("click", () => void checkHere());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void checkHere();
    checkThere().catch(() => form.submit());
  });
  acceptDrops((files) => {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    form.elements.file.files = transfer.files;
    form.requestSubmit();
  });
}

begin();
