/** Texts of the page in the reader's language: every text passes `say`, and is its own key. */
let spoken = {};
let spokenIn = "en";
let numbers = new Intl.NumberFormat(spokenIn);

/** Take translations, text -> text, and the language for numbers. What has no translation stays English. */
export function useWords(words, language = "en") {
  spoken = words;
  spokenIn = language;
  numbers = new Intl.NumberFormat(language);
}

/** A moment (seconds since the epoch) as the reader's language writes it, to the second, in UTC. */
export function sayTime(seconds) {
  const locale = `${spokenIn === "en" ? "en-GB" : spokenIn}-u-nu-latn`;
  const form = { dateStyle: "long", timeStyle: "medium", hourCycle: "h23", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat(locale, form).format(new Date(seconds * 1000))} UTC`;
}

/** The code of the reader's language. */
export function spokenLanguage() {
  return spokenIn;
}

/** The text in the reader's language, with %(name)s filled in. */
export function say(text, values = {}) {
  const told = Object.hasOwn(spoken, text) ? spoken[text] : text;
  return told.replace(/%\((\w+)\)s/g, (whole, name) => (Object.hasOwn(values, name) ? filledIn(values[name]) : whole));
}

function filledIn(value) {
  return typeof value === "number" || typeof value === "bigint" ? numbers.format(value) : String(value);
}
