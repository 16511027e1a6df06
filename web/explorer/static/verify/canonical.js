/** Canonical JSON (RFC 8785, narrowed): parse, encode again, compare. Source: docs/FORMAT.md, "Canonical JSON". */
import { decodeText, encodeText, sameBytes } from "./bytes.js";
import { Fault } from "./fault.js";

const MOST_DEPTH = 32;

/** Read canonical JSON bytes. Throws Fault `json.malformed` or `json.uncanonical`. */
export function parseCanonical(raw, where = "") {
  const text = decodeText(raw, where, "json.malformed");
  requireShallow(text, where); // before any parser descends
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Fault("json.malformed", `not JSON: ${error.message}`, where);
  }
  if (!sameBytes(encodeCanonical(value, where), raw)) {
    throw new Fault("json.uncanonical", "not in canonical form: written again, the bytes differ", where);
  }
  return value;
}

/** The canonical bytes of a value. Throws Fault `json.uncanonical` where it has none. */
export function encodeCanonical(value, where = "") {
  return encodeText(canonicalText(value, 1, where));
}

function canonicalText(value, depth, where) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return canonicalString(value, where);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new Fault("json.uncanonical", `${value} is not an integer within 53 bits`, where);
    }
    return JSON.stringify(value);
  }
  if (depth > MOST_DEPTH)
    throw new Fault("json.uncanonical", `more than ${MOST_DEPTH} containers in one another`, where);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1, where)).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => {
      if (/[^\x00-\x7f]/.test(name)) throw new Fault("json.uncanonical", "a member name is not ASCII", where);
      return `${JSON.stringify(name)}:${canonicalText(value[name], depth + 1, where)}`;
    });
  return `{${members.join(",")}}`;
}

function canonicalString(text, where) {
  if (/\p{Surrogate}/u.test(text)) throw new Fault("json.uncanonical", "a text holds a lone surrogate", where);
  return JSON.stringify(text);
}

/** Refuse depth by counting brackets outside texts, so that no hostile depth reaches a parser that recurses. */
function requireShallow(text, where) {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "[" || char === "{") {
      if (++depth > MOST_DEPTH) {
        throw new Fault("json.uncanonical", `more than ${MOST_DEPTH} containers in one another`, where);
      }
    } else if (char === "]" || char === "}") depth--;
  }
}

/** Whether a value is an object (no list) with exactly these members. */
export function hasExactly(value, names) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const found = Object.keys(value);
  return found.length === names.length && names.every((name) => Object.hasOwn(value, name));
}
