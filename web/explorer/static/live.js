/**
 * News on an open page. While somebody looks at it, the page asks every two seconds whether another would be made now. If so
 * it is fetched, and what may be replaced without disturbing anybody (data-live) is: the strip, lists that grow, lines that say
 * up to where. Focus, scroll and what was unfolded stay as they are. Where anything else has changed, a line says so and
 * nothing moves. If the site does not answer, the strip says since when the page is not up to date.
 */
const said = document.getElementById("live-said");
const given = JSON.parse(said.dataset.news);
const plural = new Intl.PluralRules(given.locale);
const numbers = new Intl.NumberFormat(given.locale);

/** What may be replaced: regions that say so, and the words of an empty state, which name the last record. */
const REGION = "[data-live], .empty";
/** Regions that list statements: all, newest first, or those that a filter lets through. */
const LISTS = ["newest", "matching"];
const SLOWEST = 30_000;
const PATIENCE = 10_000;
/** After so many questions without an answer the reader is told. */
const MOST_FAILURES = 2;
/** Milliseconds within which the pages of many readers come for what is new, each at a moment of its own. */
const SPREAD = 300;

let { version, records } = given;
let answered = Date.now();
let failures = 0;
let timer = 0;
let asking = null;
/** The addresses of statements that came while this page was open. */
const fresh = new Set();

// Asking.

/** Ask now, unless a question is under way, and again later. */
async function ask() {
  clearTimeout(timer);
  if (asking || document.hidden) return;
  asking = new AbortController();
  let wait = given.seconds * 1000;
  try {
    const found = await (await get(given.address, asking)).json();
    if (found.version !== version) await bringUpToDate(asking);
    answered = Date.now();
    failures = 0;
    document.getElementById("live-silent-shown")?.remove();
  } catch (error) {
    if (!asking.signal.aborted || asking.signal.reason === "late") wait = failed(error, wait);
  } finally {
    asking = null;
  }
  if (!document.hidden) timer = setTimeout(ask, wait * (0.9 + 0.2 * Math.random()));
}

/** What an address answers. Throws where it is no good answer, with the seconds that the site asks to be left alone. */
async function get(address, control) {
  const late = setTimeout(() => control.abort("late"), PATIENCE);
  try {
    const answer = await fetch(address, { credentials: "omit", cache: "no-cache", signal: control.signal });
    const body = await answer.text();
    if (!answer.ok) throw Object.assign(new Error(`status ${answer.status}`), { answer });
    return new Response(body, { headers: answer.headers });
  } finally {
    clearTimeout(late);
  }
}

/** Count a failure, tell the reader of it in time; how long to wait (milliseconds). */
function failed(error, wait) {
  failures += 1;
  if (failures >= MOST_FAILURES) showSilence();
  const asked = Number(error.answer?.headers.get("Retry-After")) * 1000 || 0;
  return Math.max(asked, Math.min(wait * 2 ** failures, SLOWEST));
}

// What is new.

/** Fetch this page as it would be made now, and take in of it what moves nobody. */
async function bringUpToDate(control) {
  await new Promise((done) => setTimeout(done, SPREAD * Math.random()));
  let text;
  try {
    text = await (await get(location.pathname + location.search, control)).text();
  } catch (error) {
    if (!(error.answer?.status >= 400 && error.answer.status < 500) || error.answer.status === 429) throw error;
    showChanged(); // what stood here is not answered any more: that is news too
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const data = page.getElementById("live-said")?.dataset.news;
  if (!data) throw new Error("not a page of this site");
  const now = JSON.parse(data);
  const elsewhere = rest(page) !== rest(document);
  const before = fresh.size;
  const whole = replaceRegions(page, elsewhere);
  const more = document.querySelector("main [data-live='newest']") ? now.records - records : fresh.size - before;
  if (elsewhere || !whole) showChanged();
  else if (more > 0) announce(newWords(more));
  ({ version, records } = now);
}

function newWords(count) {
  const words = given.new[plural.select(count)] ?? given.new.other;
  return words.replace("{}", numbers.format(count));
}

/** The regions of a page by name and place among those of the name; one within another belongs to the outer. */
function regions(page) {
  const found = new Map();
  const seen = new Map();
  for (const region of page.querySelectorAll(REGION)) {
    if (region.parentElement.closest(REGION)) continue;
    const name = region.dataset.live ?? "empty";
    seen.set(name, (seen.get(name) ?? 0) + 1);
    found.set(`${name} ${seen.get(name)}`, region);
  }
  return found;
}

/** The text of the main part without its regions. */
function rest(page) {
  const main = page.querySelector("main").cloneNode(true);
  for (const region of regions(main).values()) region.replaceChildren();
  return main.textContent.replace(/\s+/g, " ");
}

/**
 * Put the regions of a newer page in the place of those here. False where one could not be: it is read, or is not there.
 * `elsewhere`: something outside of them has changed too. Sections stand for themselves; a line within a text is then left as
 * it is, or half of a text would be of one moment and half of another.
 */
function replaceRegions(page, elsewhere) {
  const here = regions(document);
  const there = regions(page);
  const names = new Set([...here.keys(), ...there.keys()]);
  const place = readingPlace();
  let whole = true;
  for (const name of names) {
    const [old, found] = [here.get(name), there.get(name)];
    if (!old || !found) whole = false;
    else if (elsewhere && old.closest("main") && !old.matches("section")) continue;
    else if (!same(old, found)) whole = replace(old, found) && whole;
  }
  keepPlace(place);
  return whole;
}

/** Whether a region is as it was made, apart from what the reader unfolded and what this script marked. */
function same(old, found) {
  const bare = old.cloneNode(true);
  for (const mark of bare.querySelectorAll(".live-new")) mark.remove();
  const asMade = found.cloneNode(true);
  for (const folded of [...bare.querySelectorAll("details"), ...asMade.querySelectorAll("details")]) folded.open = false;
  return bare.textContent === asMade.textContent && bare.innerHTML === asMade.innerHTML;
}

function replace(old, found) {
  if (isSelected(old)) return false;
  const region = document.importNode(found, true);
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const counterpart = focus && twin(focus, old, region);
  if (focus && !counterpart) return false; // what the reader is at would go from under their hands
  const unfolded = [...old.querySelectorAll("details")].map((one) => [twin(one, old, region), one.open]);
  for (const [one, open] of unfolded) if (one) one.open = open;
  if (LISTS.includes(region.dataset.live)) markNew(old, region);
  old.replaceWith(region);
  counterpart?.focus({ preventScroll: true });
  return true;
}

function isSelected(region) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(region);
}

/** The element of `there` that an element of `here` would be: of the same name, and at the same place among those alike. */
function twin(element, here, there) {
  const alike = (root) => [...root.querySelectorAll(element.localName)].filter((one) => mark(one) === mark(element));
  return alike(there)[alike(here).indexOf(element)];
}

/** What tells an element from others of its kind. */
function mark(element) {
  const link = element.matches("a[href]") ? element : element.querySelector("a[href]");
  const head = element.querySelector("summary") ?? element;
  return element.id || link?.getAttribute("href") || head.textContent.trim().slice(0, 80);
}

/** Mark the statements that came while the page was open. */
function markNew(old, region) {
  const known = new Set([...listed(old).keys()]);
  for (const [address, link] of listed(region)) {
    if (!known.has(address)) fresh.add(address);
    if (fresh.has(address)) link.after(document.getElementById("live-new").content.cloneNode(true));
  }
}

/** The statements that a region lists, address -> link: in the head of a table's row, or first in an item. */
function listed(region) {
  const links = region.querySelectorAll("tbody th a, ol > li > a:first-of-type");
  return new Map([...links].map((link) => [link.getAttribute("href"), link]));
}

// Where the reader is.

/**
 * What has the focus, or else the first thing in sight, and where it stands; for a reader who has scrolled. One who is at the
 * top, and has touched nothing, sees what comes in.
 */
function readingPlace() {
  const focus = document.activeElement.closest("main *");
  if (scrollY === 0 && !focus) return null;
  const texts = document.querySelectorAll("main :is(h1, h2, h3, p, tr, li, dt, dd, pre, summary), footer p");
  for (const element of [...(focus ? [focus] : []), ...texts]) {
    const { top, height } = element.getBoundingClientRect();
    if (height > 0 && top >= 0 && top < innerHeight) return { element, mark: mark(element), top, focus };
  }
  return null;
}

/** Bring what the reader had in sight back to where it stood. */
function keepPlace(place) {
  if (!place) return;
  const element = place.element === place.focus ? document.activeElement : place.element;
  const found = element.isConnected
    ? element
    : [...document.querySelectorAll(`main ${element.localName}`)].find((one) => mark(one) === place.mark);
  if (found) scrollBy({ top: found.getBoundingClientRect().top - place.top, behavior: "instant" });
}

// Telling.

/** Have a text read out when there is time. */
function announce(text) {
  said.textContent = "";
  setTimeout(() => (said.textContent = text), 100);
}

/** The line that this page is another one by now. It stands at the foot of the window and moves nothing. */
function showChanged() {
  if (document.getElementById("live-changed-shown")) return;
  const line = document.getElementById("live-changed").content.firstElementChild.cloneNode(true);
  line.id = "live-changed-shown";
  document.body.append(line);
  announce(line.querySelector("span").textContent);
}

/** The strip's line since when this site has not answered. */
function showSilence() {
  if (document.getElementById("live-silent-shown")) return;
  const line = document.getElementById("live-silent").content.firstElementChild.cloneNode(true);
  line.id = "live-silent-shown";
  const since = new Date(answered);
  const day = new Intl.DateTimeFormat(given.locale, { dateStyle: "long", timeZone: "UTC" }).format(since);
  const time = line.querySelector("time");
  time.dateTime = `${since.toISOString().slice(0, 19)}Z`;
  time.textContent = given.moment.replace("{1}", day).replace("{0}", time.dateTime.slice(11, 19));
  const place = readingPlace();
  document.querySelector(".state").append(line);
  keepPlace(place);
  announce(line.textContent.trim());
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(timer);
    asking?.abort("hidden");
  } else ask();
});
addEventListener("online", ask);
addEventListener("pageshow", (event) => {
  if (event.persisted) ask();
});
timer = setTimeout(ask, given.seconds * 1000 * Math.random());
