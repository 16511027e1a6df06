/** Statements: their form alone; what a type's schema says is the verifier's matter. Source: docs/FORMAT.md, "Statement". */
import { sha256Hex, shown } from "./bytes.js";
import { hasExactly, parseCanonical } from "./canonical.js";
import { Fault } from "./fault.js";
import { parseUtc } from "./times.js";

const LABELS = ["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"];
const MOST_TITLE = 300;

function unfit(where, why) {
  return new Fault("statement.malformed", why, where);
}

function matches(pattern, what) {
  return (value, where) => {
    if (typeof value !== "string" || !pattern.test(value)) throw unfit(where, `${shown(String(value))} is not ${what}`);
  };
}

const isCode = matches(/^[A-Z0-9]{2,8}$/, "a code of 2 to 8 capital letters and digits");
const isDigest = matches(/^[0-9a-f]{64}$/, "a SHA-256 in 64 lower-case hex digits");
const isName = matches(/^[a-z][a-z0-9-]{0,62}$/, "a name in lower-case letters, digits and hyphens");

/** Characters are code points, as in Python. */
function isText(most) {
  return (value, where) => {
    const length = typeof value === "string" ? [...value].length : 0;
    if (length < 1 || length > most) throw unfit(where, `expected a text of 1 to ${most} characters`);
  };
}

function isCount(value, where) {
  if (!Number.isSafeInteger(value) || value < 0) throw unfit(where, "expected a whole number of 0 or more");
}

function isUtc(value, where) {
  if (typeof value !== "string") throw unfit(where, "expected a time");
  try {
    parseUtc(value);
  } catch (fault) {
    throw unfit(where, fault.message);
  }
}

function isLabel(value, where) {
  if (!LABELS.includes(value)) throw unfit(where, "not a TLP 2.0 label");
}

function isObject(value, where) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw unfit(where, "expected an object");
}

function orNull(check) {
  return (value, where) => {
    if (value !== null) check(value, where);
  };
}

/** A set: every item checked, in rising order of `key`, no two equal. Keys are lists of texts. */
function setOf(check, key, least = 0) {
  return (value, where) => {
    if (!Array.isArray(value) || value.length < least) throw unfit(where, `expected a list of at least ${least}`);
    value.forEach((item, n) => check(item, `${where}/${n}`));
    for (let n = 1; n < value.length; n++) {
      if (!rises(key(value[n - 1]), key(value[n]))) throw unfit(where, "the items are not sorted and unique");
    }
  };
}

function rises(one, next) {
  for (let n = 0; n < one.length; n++) if (one[n] !== next[n]) return before(one[n], next[n]);
  return false;
}

/** Order of code points, which is that of Python and of UTF-8; JavaScript's own is that of UTF-16. */
function before(one, next) {
  const [a, b] = [[...one], [...next]];
  for (let n = 0; n < Math.min(a.length, b.length); n++) {
    if (a[n] !== b[n]) return a[n].codePointAt(0) < b[n].codePointAt(0);
  }
  return a.length < b.length;
}

function rowOf(form) {
  return (value, where) => {
    if (!hasExactly(value, Object.keys(form)))
      throw unfit(where, `expected exactly the members ${Object.keys(form).join(", ")}`);
    for (const [name, check] of Object.entries(form)) check(value[name], `${where}/${name}`);
  };
}

const isPointer = matches(/^\/body(\/([^/~]|~[01])*)+$/u, "a JSON pointer into the body");
const isMediaType = matches(/^[a-z0-9][a-z0-9.+-]{0,62}\/[a-z0-9][a-z0-9.+-]{0,62}$/, "a media type");
const FORM = {
  ledger: isText(255),
  party: isCode,
  office: isName,
  sequence: isCount,
  previous: orNull(isDigest),
  signers: setOf(isDigest, (item) => [item], 1),
  type: isName,
  issued: isUtc,
  language: matches(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, "a language tag"),
  title: isText(MOST_TITLE),
  addressees: setOf(isCode, (item) => [item]),
  relates: setOf(rowOf({ rel: isName, statement: isDigest }), (row) => [row.rel, row.statement]),
  exercise: orNull(isDigest),
  body: isObject,
  sealed: setOf(rowOf({ pointer: isPointer, digest: isDigest, tlp: isLabel, opens: orNull(isUtc) }), (row) => [
    row.pointer,
  ]),
  attachments: setOf(
    rowOf({ digest: isDigest, media_type: isMediaType, name: isText(MOST_TITLE), size: isCount }),
    (row) => [row.digest],
  ),
};

/** Read a statement's canonical bytes: its members, `payload` and `id`. Throws Fault `json.…`, `statement.malformed`. */
export async function parseStatement(payload) {
  const value = parseCanonical(payload, "statement");
  if (!hasExactly(value, Object.keys(FORM)))
    throw unfit("", `a statement has exactly ${Object.keys(FORM).length} members`);
  for (const [name, check] of Object.entries(FORM)) check(value[name], `/${name}`);
  if ((value.previous === null) !== (value.type === "charter")) {
    throw unfit("/previous", "only the charter has no previous statement");
  }
  return { ...value, payload, id: await sha256Hex(payload) };
}
