/** Times: UTC in whole seconds, in one spelling. Source: docs/FORMAT.md, "Conventions". */
import { shown } from "./bytes.js";
import { Fault } from "./fault.js";

const UTC = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/;

/** Seconds since the epoch of `YYYY-MM-DDTHH:MM:SSZ`, 1970 to 9999. Throws Fault `time.malformed`. */
export function parseUtc(text) {
  const match = UTC.exec(text);
  if (match === null)
    throw new Fault("time.malformed", `${shown(text)} is not a time of the form YYYY-MM-DDTHH:MM:SSZ`);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const moment = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC carries over: a day that is not in the calendar comes out as another one.
  if (year < 1970 || formatUtc(moment.getTime() / 1000) !== text) {
    throw new Fault("time.malformed", `${text} does not exist, or is before 1970`);
  }
  return moment.getTime() / 1000;
}

/** The time of seconds since the epoch. */
export function formatUtc(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
