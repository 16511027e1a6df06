/** Receipts: a proof of logging that stands alone. Source: C2SP tlog-proof. */
import {
  base64Bytes,
  decimal,
  encodeText,
  findPair,
  joinBytes,
  sameBytes,
  shown,
  textLines,
  toBase64,
} from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { Fault } from "./fault.js";

const PROOF_MALFORMED = "proof.malformed";
const MOST_HASHES = 63;
const MOST_PROOF = 2 ** 21;
export const PROOF_LINE = "c2sp.org/tlog-proof@v1";

/** Read a proof: {extra (bytes or null), index (BigInt), hashes, checkpoint, raw}. Nothing is verified. */
export function parseProof(raw) {
  const code = PROOF_MALFORMED;
  if (raw.length > MOST_PROOF) throw new Fault(code, `a proof has at most ${MOST_PROOF} bytes`, "proof");
  const cut = findPair(raw, 10); // the first blank line
  if (cut < 0) throw new Fault(code, "no blank line parts the proof from its checkpoint", "proof");
  const head = textLines(raw.slice(0, cut + 1), "proof", code);
  if (head.shift() !== PROOF_LINE) throw new Fault(code, `the first line is not ${PROOF_LINE}`, "proof");
  const extra = head[0]?.startsWith("extra ")
    ? base64Bytes(head.shift().slice(6), { where: "extra line", code })
    : null;
  if (!head[0]?.startsWith("index "))
    throw new Fault(code, `an index line is missing before ${shown(head[0] ?? "")}`, "proof");
  const index = decimal(head.shift().slice(6), { where: "index line", code });
  if (head.length > MOST_HASHES) throw new Fault(code, `a proof has at most ${MOST_HASHES} hashes`, "proof");
  const hashes = head.map((line, n) => base64Bytes(line, { length: 32, where: `hash ${n + 1}`, code }));
  const found = { extra, index, hashes, checkpoint: parseCheckpoint(raw.slice(cut + 2)), raw };
  if (!sameBytes(writtenProof(found), raw)) throw new Fault(code, "the proof is not in its canonical form", "proof");
  return found;
}

function writtenProof({ extra, index, hashes, checkpoint }) {
  if (extra !== null && extra.length === 0) throw new Fault(PROOF_MALFORMED, "an extra line holds nothing", "proof");
  const rows = [PROOF_LINE];
  if (extra !== null) rows.push(`extra ${toBase64(extra)}`);
  rows.push(`index ${index}`, ...hashes.map(toBase64), "", "");
  return joinBytes(encodeText(rows.join("\n")), checkpoint.note.raw);
}
