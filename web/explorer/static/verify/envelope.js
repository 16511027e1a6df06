/** DSSE envelopes in canonical JSON. Source: DSSE v1.0.0; docs/FORMAT.md, "Envelope". */
import { base64Bytes, encodeText, joinBytes } from "./bytes.js";
import { hasExactly, parseCanonical } from "./canonical.js";
import { Fault } from "./fault.js";

const ENVELOPE_MALFORMED = "envelope.malformed";
const MOST_SIGNERS = 16;
export const PAYLOAD_TYPE = "application/vnd.detente.statement+json";

/** Read an envelope's canonical bytes: {payload, signatures: [{keyid, sig}], value}. Signatures are not checked. */
export function parseEnvelope(raw) {
  return readEnvelope(parseCanonical(raw, "envelope"));
}

/** Read an envelope from its parsed object, as it stands inside a record. */
export function readEnvelope(value) {
  const code = ENVELOPE_MALFORMED;
  if (!hasExactly(value, ["payload", "payloadType", "signatures"])) {
    throw new Fault(code, "an envelope has exactly the members payload, payloadType and signatures");
  }
  if (value.payloadType !== PAYLOAD_TYPE)
    throw new Fault(code, `the payload type is not ${PAYLOAD_TYPE}`, "/payloadType");
  const rows = value.signatures;
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > MOST_SIGNERS) {
    throw new Fault(code, `an envelope has 1 to ${MOST_SIGNERS} signatures`, "/signatures");
  }
  const signatures = rows.map((row, n) => readSignature(row, `/signatures/${n}`));
  if (signatures.some((row, n) => n > 0 && signatures[n - 1].keyid >= row.keyid)) {
    throw new Fault(code, "signatures are sorted by keyid, each keyid once", "/signatures");
  }
  return {
    payload: base64Bytes(envelopeText(value.payload, "/payload"), { where: "/payload", code }),
    signatures,
    value,
  };
}

function readSignature(row, where) {
  if (!hasExactly(row, ["keyid", "sig"])) {
    throw new Fault(ENVELOPE_MALFORMED, "a signature has exactly the members keyid and sig", where);
  }
  const keyid = envelopeText(row.keyid, where);
  if (!/^[0-9a-f]{64}$/.test(keyid)) throw new Fault(ENVELOPE_MALFORMED, "a keyid is 64 hex digits", `${where}/keyid`);
  const sig = base64Bytes(envelopeText(row.sig, where), { where: `${where}/sig`, code: ENVELOPE_MALFORMED });
  return { keyid, sig };
}

function envelopeText(value, where) {
  if (typeof value !== "string") throw new Fault(ENVELOPE_MALFORMED, "expected a string", where);
  return value;
}

/** What is signed: the pre-authentication encoding of DSSE. */
export function signedMessage(payload) {
  return joinBytes(encodeText(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
}
