/** The files that a PDF carries: its embedded file streams, plain or deflated (ISO 32000-2, section 7.11.4).
 * They are found by their own dictionaries; nothing else in the file is read, and nothing of it is drawn. */
import { joinBytes } from "./bytes.js";

const MOST_ATTACHED = 16;
const MOST_EXPANDED = 2 ** 20;
const MOST_DICTIONARY = 2000;

/** The bytes of each embedded file, at most 16 of at most 1 MiB. */
export async function attachedFiles(raw) {
  const found = [];
  for (const [dictionary, stream] of embeddedStreams(raw)) {
    const file = dictionary.includes("/FlateDecode") ? await inflated(stream) : declared(stream, dictionary);
    if (file !== null && file.length <= MOST_EXPANDED) found.push(file);
    if (found.length === MOST_ATTACHED) break;
  }
  return found;
}

/** [dictionary, stream] of every embedded file; the stream may end in what follows it. */
function* embeddedStreams(raw) {
  const text = Array.from({ length: Math.ceil(raw.length / 0x8000) }, (_, n) =>
    String.fromCharCode(...raw.subarray(n * 0x8000, (n + 1) * 0x8000)),
  ).join("");
  for (let at = 0, mark; (mark = text.indexOf("/EmbeddedFile", at)) >= 0;) {
    at = mark + 1;
    if (/[A-Za-z]/.test(text[mark + 13] ?? "")) continue; // /EmbeddedFiles, the name tree
    const near = text.slice(Math.max(0, mark - MOST_DICTIONARY), mark + MOST_DICTIONARY);
    const middle = Math.min(mark, MOST_DICTIONARY);
    const [first, begin] = [near.lastIndexOf(" obj", middle), near.indexOf("stream", middle)];
    if (first < 0 || begin < 0 || near.slice(first, begin).includes("endobj")) continue;
    const start = mark - middle + begin + (near.startsWith("\r\n", begin + 6) ? 8 : 7);
    const end = text.indexOf("endstream", start);
    if (end < 0) return;
    yield [near.slice(first, begin), raw.slice(start, end)];
    at = end;
  }
}

/** A plain stream, by its declared length where that is a number, else without the line end behind it. */
function declared(stream, dictionary) {
  const length = /\/Length (\d{1,9})(?! \d+ R)/.exec(dictionary);
  if (length) return stream.slice(0, Number(length[1]));
  const ends = [13, 10].reduceRight((end, byte) => (stream[end - 1] === byte ? end - 1 : end), stream.length);
  return stream.slice(0, ends);
}

/** A deflated stream's bytes; null if it is none, or too large. A line end may follow the stream, which no reader here
 * may find: it is taken for what it is, one byte or two. */
async function inflated(stream) {
  for (const behind of [0, 1, 2]) {
    const file = await inflatedWhole(stream.slice(0, stream.length - behind));
    if (file !== null) return file;
  }
  return null;
}

async function inflatedWhole(stream) {
  const parts = [];
  let size = 0;
  try {
    const reader = new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      size += piece.value.length;
      if (size > MOST_EXPANDED) {
        await reader.cancel();
        return null;
      }
      parts.push(piece.value);
    }
  } catch {
    return null; // no such stream, or something behind it
  }
  return joinBytes(...parts);
}
