/** Sealed fields: salted digests, and the disclosures that open them. Source: docs/FORMAT.md, "Sealed fields". */
import { base64Bytes, decodeText, encodeText, sha256Hex, shown } from "./bytes.js";
import { hasExactly, parseCanonical } from "./canonical.js";
import { readEnvelope } from "./envelope.js";
import { Fault } from "./fault.js";
import { parseProof } from "./proof.js";
import { parseUtc } from "./times.js";

const LEAST_SALT = 16;
const MOST_OPENINGS = 1024;
const SEALED_LABELS = ["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN"];
const HANDED = ["disclosures", "envelope", "kind", "ledger", "receipt", "statement", "terms", "to"];

/** Bytes of base64url without padding, in its only spelling. */
function base64urlBytes(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Fault("disclosure.malformed", `${shown(text)} is not base64url`);
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return base64Bytes(padded, { code: "disclosure.malformed" });
}

/** Read a disclosure: {name (null for a decoy), value, digest}. Throws Fault `disclosure.malformed`. */
export async function readDisclosure(text) {
  let parts;
  let salt;
  try {
    parts = parseCanonical(base64urlBytes(text));
    const formed =
      Array.isArray(parts) && [1, 3].includes(parts.length) && parts.slice(0, 2).every((p) => typeof p === "string");
    if (!formed)
      throw new Fault("disclosure.malformed", "a disclosure holds [salt, name, value], or [salt] of a decoy");
    salt = base64urlBytes(parts[0]);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw new Fault("disclosure.malformed", fault.message);
  }
  if (salt.length < LEAST_SALT)
    throw new Fault("disclosure.malformed", `a salt of ${salt.length} bytes; ${LEAST_SALT} are needed`);
  return {
    name: parts[1] ?? null,
    value: parts.length === 3 ? parts[2] : null,
    digest: await sha256Hex(encodeText(text)),
  };
}

function handedFault(where, why) {
  return new Fault("disclosure.file", why, where);
}

/** Read a file that opens sealed values to one reader. Throws Fault `disclosure.file`. */
export function parseHanded(raw) {
  const value = formed("", () => parseCanonical(raw));
  if (!hasExactly(value, HANDED) || value.kind !== "disclosure") throw handedFault("", "not a disclosure file");
  requireForm(/^[0-9a-f]{64}$/, value.statement, "/statement");
  requireForm(/^[A-Z0-9]{2,8}$/, value.to, "/to");
  const envelope = value.envelope === null ? null : formed("/envelope", () => readEnvelope(value.envelope));
  const receipt =
    value.receipt === null
      ? null
      : formed("/receipt", () => parseProof(encodeText(handedText(value.receipt, Infinity, "/receipt"))));
  if (value.terms !== null) handedText(value.terms, 4000, "/terms");
  handedText(value.ledger, 255, "/ledger");
  const rows = value.disclosures;
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > MOST_OPENINGS) {
    throw handedFault("/disclosures", `expected a list of 1 to ${MOST_OPENINGS} openings`);
  }
  rows.forEach((row, n) => requireOpening(row, `/disclosures/${n}`));
  if (rows.some((row, n) => n > 0 && !risesByBytes(rows[n - 1].pointer, row.pointer))) {
    throw handedFault("/disclosures", "the openings are not sorted by pointer, each place once");
  }
  return { ...value, envelope, receipt };
}

function requireOpening(row, where) {
  if (!hasExactly(row, ["disclosure", "opens", "pointer", "tlp"]))
    throw handedFault(where, "an opening has four members");
  handedText(row.pointer, 512, `${where}/pointer`);
  requireForm(/^\/body(\/([^/~]|~[01])*)+$/u, row.pointer, `${where}/pointer`);
  if (!SEALED_LABELS.includes(row.tlp)) throw handedFault(`${where}/tlp`, "not a TLP label of a sealed value");
  if (row.opens !== null) formed(`${where}/opens`, () => parseUtc(handedText(row.opens, 20, `${where}/opens`)));
  handedText(row.disclosure, Infinity, `${where}/disclosure`);
}

function requireForm(pattern, value, where) {
  if (typeof value !== "string" || !pattern.test(value)) throw handedFault(where, "not of its form");
}

function handedText(value, most, where) {
  const length = typeof value === "string" ? [...value].length : 0;
  if (length < 1 || length > most) throw handedFault(where, `expected a text of 1 to ${most} characters`);
  return value;
}

function formed(where, read) {
  try {
    return read();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw handedFault(where, fault.message);
  }
}

/** Whether one text stands before another in the order of their UTF-8 bytes. */
function risesByBytes(one, next) {
  const binary = (text) => Array.from(encodeText(text), (byte) => String.fromCharCode(byte)).join("");
  return binary(one) < binary(next);
}

/** Hold openings against a statement: for each its pointer, label, name and value, and `wrong`, why it opens nothing.
 * Checked: digest, place, label and date. The type's schema is not known here. */
export async function holdOpenings(rows, said) {
  const sealed = new Map(said.sealed.map((row) => [row.pointer, row]));
  const found = [];
  for (const row of rows) {
    try {
      const opened = await openPlace(row, sealed.get(row.pointer), said);
      found.push({ pointer: row.pointer, tlp: row.tlp, opened, wrong: null });
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      found.push({ pointer: row.pointer, tlp: row.tlp, opened: null, wrong: fault });
    }
  }
  return found;
}

async function openPlace(row, committed, said) {
  const where = row.pointer;
  if (committed === undefined)
    throw new Fault("disclosure.mismatch", "the statement sealed nothing at this place", where);
  if ((await sha256Hex(encodeText(row.disclosure))) !== committed.digest) {
    throw new Fault("disclosure.mismatch", "its digest is not the one committed to", where);
  }
  const opened = await readDisclosure(row.disclosure);
  const name = `${said.party}/${said.office}/${said.sequence}${row.pointer}`;
  if (opened.name === null && !/\/(0|[1-9][0-9]*)$/.test(row.pointer)) {
    throw new Fault("disclosure.mismatch", "only a place in a list can hold a decoy", where);
  }
  if (opened.name !== null && opened.name !== name) {
    throw new Fault("disclosure.mismatch", `it names ${shown(opened.name)}, this place is ${name}`, where);
  }
  if (row.tlp !== committed.tlp || row.opens !== committed.opens) {
    throw new Fault("disclosure.label", "its label or date is not the one that the statement signed", where);
  }
  return opened;
}

/** A disclosure's text, as typed or read from bytes. */
export function disclosureText(raw) {
  return decodeText(raw, "", "disclosure.malformed");
}
