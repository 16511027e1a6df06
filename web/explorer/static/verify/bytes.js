/** The strict reader under every parser: text, decimals, base64 and hex, each in one spelling only. */
import { Fault } from "./fault.js";

const MALFORMED = "text.malformed";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const utf8Encoder = new TextEncoder();

/** The start of an input, in printable ASCII, for a message. */
export function shown(text) {
  const start = text
    .slice(0, 60)
    .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > 60 ? `'${start}' and ${text.length - 60} more` : `'${start}'`;
}

/** UTF-8 bytes of a text. */
export function encodeText(text) {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 bytes; a byte order mark is a character like any other. Throws Fault `code`. */
export function decodeText(raw, where = "", code = MALFORMED) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw new Fault(code, "the bytes are not UTF-8", where);
  }
}

/** The text of UTF-8 bytes that hold no ASCII control character but newline (C2SP signed-note). */
export function plainText(raw, where, code) {
  const text = decodeText(raw, where, code);
  if (CONTROL.test(text)) throw new Fault(code, "the text holds a control character", where);
  return text;
}

/** The lines of a text without their newlines; only a newline ends a line, and every line has one. */
export function textLines(raw, where, code) {
  const text = plainText(raw, where, code);
  if (!text) return [];
  if (!text.endsWith("\n")) throw new Fault(code, "the last line does not end in a newline", where);
  return text.slice(0, -1).split("\n");
}

/** A whole number from 0 to `most` as BigInt: ASCII digits, no sign, no leading zero. */
export function decimal(text, { most = 2n ** 63n - 1n, where = "", code = MALFORMED } = {}) {
  if (!/^[0-9]+$/.test(text)) throw new Fault(code, `${shown(text)} is not a decimal number in ASCII digits`, where);
  if (text.length > 1 && text[0] === "0") throw new Fault(code, `the number ${shown(text)} has a leading zero`, where);
  if (text.length > 100 || BigInt(text) > most) {
    throw new Fault(code, `the number ${shown(text)} is larger than ${most}`, where);
  }
  return BigInt(text);
}

/** Bytes of standard base64 with padding, in its only spelling (RFC 4648, sections 3.5 and 4). */
export function base64Bytes(text, { length = null, where = "", code = MALFORMED } = {}) {
  if (!BASE64.test(text)) throw new Fault(code, `${shown(text)} is not base64`, where);
  const value = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // What still can differ are bits of the last group that encode nothing.
  if (toBase64(value.subarray(value.length - (value.length % 3 || 3))) !== text.slice(-4)) {
    throw new Fault(code, `${shown(text)} is not the canonical base64 of any bytes`, where);
  }
  if (length !== null && value.length !== length) {
    throw new Fault(code, `${shown(text)} holds ${value.length} bytes, not ${length}`, where);
  }
  return value;
}

/** Standard base64 with padding. */
export function toBase64(raw) {
  let binary = "";
  for (let at = 0; at < raw.length; at += 0x8000) binary += String.fromCharCode(...raw.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Bytes of lower-case hex, exactly `length` of them. */
export function hexBytes(text, { length = 32, where = "", code = MALFORMED } = {}) {
  if (text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) {
    throw new Fault(code, `${shown(text)} is not ${2 * length} lower-case hex digits`, where);
  }
  return Uint8Array.from({ length }, (_, n) => Number.parseInt(text.slice(2 * n, 2 * n + 2), 16));
}

/** Lower-case hex. */
export function toHex(raw) {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Several byte strings as one. */
export function joinBytes(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether two byte strings are the same. None of them is secret. */
export function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, n) => byte === b[n]);
}

/** Where two bytes of value `byte` stand side by side: the first such place, or the last; -1: nowhere. */
export function findPair(raw, byte, last = false) {
  if (last) {
    for (let at = raw.length - 2; at >= 0; at--) if (raw[at] === byte && raw[at + 1] === byte) return at;
    return -1;
  }
  for (let at = 0; at + 1 < raw.length; at++) if (raw[at] === byte && raw[at + 1] === byte) return at;
  return -1;
}

/** A whole number as `length` bytes, big-endian. */
export function bigEndian(value, length) {
  return hexBytes(value.toString(16).padStart(2 * length, "0"), { length });
}

/** SHA-256, 32 bytes, by the browser. */
export async function sha256(raw) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
}

/** SHA-256 in hex. */
export async function sha256Hex(raw) {
  return toHex(await sha256(raw));
}
