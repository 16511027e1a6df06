/** Records, the leaves of the log, rebuilt from a receipt and an envelope. Source: docs/FORMAT.md, "Record". */
import { hexBytes } from "./bytes.js";
import { encodeCanonical, hasExactly, parseCanonical } from "./canonical.js";
import { readEnvelope } from "./envelope.js";
import { Fault } from "./fault.js";
import { parseUtc } from "./times.js";

const RECORD_MALFORMED = "record.malformed";
const MOST_RECORD = 65_535;

/** Read a record's bytes: {raw, envelope, received (seconds), value}. */
export function parseRecord(raw) {
  requireRecordSize(raw);
  const value = parseCanonical(raw, "record");
  if (!hasExactly(value, ["envelope", "history", "previous", "received"])) {
    throw new Fault(RECORD_MALFORMED, "a record has exactly the members envelope, history, previous and received");
  }
  return { raw, envelope: readEnvelope(value.envelope), received: readChains(value), value };
}

/** What a receipt carries beside the envelope: canonical {history, previous, received}. */
export function extraOf({ value }) {
  return encodeCanonical({ history: value.history, previous: value.previous, received: value.received });
}

/** The record of a receipt, from its `extra` and the envelope: {raw, received (seconds)}. */
export function rebuildRecord(extra, envelope) {
  if (extra === null)
    throw new Fault(RECORD_MALFORMED, "the receipt has no extra line, so the record cannot be rebuilt", "extra");
  const value = parseCanonical(extra, "receipt, extra");
  if (!hasExactly(value, ["history", "previous", "received"])) {
    throw new Fault(RECORD_MALFORMED, "a receipt's extra has exactly the members history, previous and received");
  }
  const received = readChains(value);
  const raw = encodeCanonical({ envelope: envelope.value, ...value });
  requireRecordSize(raw);
  return { raw, received };
}

function requireRecordSize(raw) {
  if (raw.length > MOST_RECORD) throw new Fault("record.too-long", `a record has at most ${MOST_RECORD} bytes`);
}

function readChains({ history, previous, received }) {
  if (!hasExactly(history, ["count", "head"])) {
    throw new Fault(RECORD_MALFORMED, "history has exactly the members count and head", "/history");
  }
  if (!Number.isSafeInteger(history.count) || history.count < 0) {
    throw new Fault(RECORD_MALFORMED, "count is a whole number", "/history/count");
  }
  requireDigest(history.head, "/history/head");
  if (previous !== null) requireDigest(previous, "/previous");
  if (typeof received !== "string") throw new Fault(RECORD_MALFORMED, "expected a time", "/received");
  return parseUtc(received);
}

function requireDigest(value, where) {
  if (typeof value !== "string") throw new Fault(RECORD_MALFORMED, "expected a SHA-256 in hex", where);
  hexBytes(value, { where, code: RECORD_MALFORMED });
}
