/** What something is, told by what it begins with or is made of; the strict reader of that kind then judges it. */
import { decodeText, encodeText, sha256Hex, toHex } from "./bytes.js";
import { parseCanonical } from "./canonical.js";
import { parseCheckpoint } from "./checkpoint.js";
import { parseEnvelope } from "./envelope.js";
import { Fault } from "./fault.js";
import { parsePolicy } from "./policy.js";
import { parseProof, PROOF_LINE } from "./proof.js";
import { parseRecord } from "./record.js";
import { parseHanded, readDisclosure } from "./sealing.js";
import { parseStatement } from "./statement.js";

const EVIDENCE = ["fork", "omission", "witness", "backdating", "key", "equivocation"];

const POLICY_LINES = /^(?:[ \t]*(?:#[^\n]*|(?:log|witness|group|quorum)[ \t][^\n]*)?\n)+$/;

const REPORT_TYPE = "application/vnd.detente.report+json";
const REPORT_MEMBERS = ["inputs", "as_of", "obligations", "exercise"];

// The forms in which people pass a digest on: itself, a line of sha256sum, an explorer's address.
const DIGESTS = [
  /^(?:sha-?256[:=] ?)?([0-9a-fA-F]{64})$/i,
  /^([0-9a-fA-F]{64}) [ *][^\n]{1,255}$/,
  /^https?:\/\/[^\s?#]{1,300}\/(?:s|obligations|pledges|incidents)\/([0-9a-f]{64})(?:[/.?#]\S{0,300})?$/,
];
const GROUPS = /^(?:[0-9a-fA-F]{2,32}[ \n]){1,31}[0-9a-fA-F]{2,32}$/;
const NAME = /^ni:\/\/\/sha-256;([A-Za-z0-9_-]{43})$/;
const NUMBER = /^(?:https?:\/\/[^\s?#]{1,300}\/records\/)?(0|[1-9][0-9]{0,14})(?:\.json)?\n?$/;

/** The digest (hex) that a text is or names; null if it is none. */
function digestIn(text) {
  const bare = text.replace(/\n$/, "");
  for (const form of DIGESTS) {
    const found = form.exec(bare);
    if (found) return found[1].toLowerCase();
  }
  const name = NAME.exec(bare);
  if (name) {
    const raw = atob(`${name[1].replaceAll("-", "+").replaceAll("_", "/")}=`);
    return toHex(Uint8Array.from(raw, (c) => c.charCodeAt(0)));
  }
  const joined = bare.replaceAll(/[ \n]/g, "");
  return joined.length === 64 && GROUPS.test(bare) ? joined.toLowerCase() : null;
}

function isReport(value) {
  return value.payloadType === REPORT_TYPE || REPORT_MEMBERS.every((name) => name in value);
}

// A kind, how it shows in text, and its reader. The first that shows is the kind; its reader then refuses or reads.
const TEXT_KINDS = [
  ["receipt", (text) => text.startsWith(`${PROOF_LINE}\n`), (raw) => parseProof(raw)],
  ["digest", (text) => digestIn(text) !== null, (raw, text) => digestIn(text)],
  ["index", (text) => NUMBER.test(text), (raw, text) => NUMBER.exec(text)[1]],
  ["policy", (text) => /^quorum[ \t]/m.test(text) && POLICY_LINES.test(text), (raw) => parsePolicy(raw)],
  ["checkpoint", (text) => /\n\n— [^ \n]+ [A-Za-z0-9+/]+=*\n/.test(text), (raw) => parseCheckpoint(raw)],
  ["disclosure", (text) => /^WyJ[A-Za-z0-9_-]+\n?$/.test(text), (raw, text) => readDisclosure(text.trim())],
];
const JSON_KINDS = [
  ["report", isReport, (raw) => parseCanonical(raw)],
  ["envelope", (value) => "payloadType" in value, (raw) => parseEnvelope(raw)],
  ["record", (value) => "envelope" in value && "received" in value, (raw) => parseRecord(raw)],
  ["handed", (value) => value.kind === "disclosure", (raw) => parseHanded(raw)],
  ["evidence", (value) => EVIDENCE.includes(value.kind), (raw, text) => parseCanonical(raw) && text],
  ["statement", (value) => "party" in value && "signers" in value && "body" in value, (raw) => parseStatement(raw)],
];

/** What the bytes are: {kind, value} if they are read, {kind, fault} if they are broken, {kind: "file"} if none of these.
 * Each with `raw` and their `digest` (hex). */
export async function recognise(raw) {
  const found = { raw, digest: await sha256Hex(raw), kind: "file", value: null, fault: null };
  if (startsWith(raw, "%PDF-")) return { ...found, kind: "pdf" };
  let text;
  try {
    text = decodeText(raw);
  } catch {
    return found;
  }
  const [kinds, shape] = text.startsWith("{") ? [JSON_KINDS, jsonShape(text)] : [TEXT_KINDS, text];
  const row = shape === null ? undefined : kinds.find(([, shows]) => shows(shape));
  if (row === undefined) return found;
  const bytes = kinds === JSON_KINDS && text.endsWith("\n") ? raw.slice(0, -1) : raw;
  return read({ ...found, raw: bytes, digest: await sha256Hex(bytes), kind: row[0] }, row[2], text);
}

async function read(found, reader, text) {
  try {
    return { ...found, value: await reader(found.raw, text) };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { ...found, fault };
  }
}

function startsWith(raw, text) {
  return encodeText(text).every((byte, n) => raw[n] === byte);
}

/** The object that a text is, however it is written, to tell its kind by; null if it is none. */
function jsonShape(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Pasted text as bytes: line ends as in a file, the white space around it gone, the last newline of a note put back. */
export function pastedBytes(text) {
  const bare = text.replaceAll("\r\n", "\n").trim();
  return encodeText(bare.includes("\n") && !bare.startsWith("{") ? `${bare}\n` : bare);
}
