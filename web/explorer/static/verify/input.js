/** What a reader gives: files chosen or dropped, and text pasted. Bounded before anything is read. */
import { pastedBytes } from "./recognise.js";
import { say } from "./words.js";

const MOST_FILE = 2 ** 20;
const MOST_FILES = 16;

/** The bytes of files and of a text. Throws Error, in words for the reader, where they are too many or too large. */
export async function givenPieces(files, text) {
  if (files.length > MOST_FILES) throw new Error(say("At most %(most)s files at a time.", { most: MOST_FILES }));
  const pieces = [];
  for (const file of files) {
    if (file.size > MOST_FILE)
      throw new Error(
        say("A file of %(size)s bytes: this page reads at most %(most)s.", { size: file.size, most: MOST_FILE }),
      );
    pieces.push(new Uint8Array(await file.arrayBuffer()));
  }
  if (text.length > MOST_FILE) throw new Error(say("The text is longer than this page reads."));
  if (text.trim()) pieces.push(pastedBytes(text));
  return pieces;
}

/** Let files be dropped anywhere on the page: `take` gets them. */
export function acceptDrops(take) {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
}
