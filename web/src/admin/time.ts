/** Dates, times and durations in words, always in the organizer's own zone. */

const LOCALE = "en-GB";
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `zone` is for tests; a browser's own is used otherwise. */
export interface TimeWords {
  zone?: string;
}

const format = (options: Intl.DateTimeFormatOptions, { zone }: TimeWords) =>
  new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone, hourCycle: "h23" });

function parts(at: Date, options: Intl.DateTimeFormatOptions, words: TimeWords): Record<string, string> {
  return Object.fromEntries(
    format(options, words)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
}

/** `19:30` */
export const clockTime = (iso: string | number | Date, words: TimeWords = {}) =>
  format({ hour: "2-digit", minute: "2-digit" }, words).format(new Date(iso));

/** `28 Nov 19:24`, with the year when it is not this one. */
export function shortDateTime(iso: string, now: Date, words: TimeWords = {}): string {
  return `${dayAndMonth(iso, now, words)} ${clockTime(iso, words)}`;
}

/** `28 Nov`, with the year when it is not this one. */
export function dayAndMonth(iso: string, now: Date, words: TimeWords = {}): string {
  const { day, month, year } = parts(new Date(iso), { day: "numeric", month: "short", year: "numeric" }, words);
  const thisYear = parts(now, { year: "numeric" }, words).year;
  return year === thisYear ? `${day} ${month}` : `${day} ${month} ${year}`;
}

/** `Sat 28 Nov, 19:30`, with the year when it is not this one. */
export function weekdayDateTime(iso: string, now: Date, words: TimeWords = {}): string {
  const { weekday } = parts(new Date(iso), { weekday: "short" }, words);
  return `${weekday} ${dayAndMonth(iso, now, words)}, ${clockTime(iso, words)}`;
}

/** `Sat 28 Nov 2026, 19:30` */
export function fullDateTime(iso: string, words: TimeWords = {}): string {
  const { weekday, day, month, year } = parts(
    new Date(iso),
    { weekday: "short", day: "numeric", month: "short", year: "numeric" },
    words,
  );
  return `${weekday} ${day} ${month} ${year}, ${clockTime(iso, words)}`;
}

/** `Saturday 28 November 2026` */
export function longDate(at: Date, words: TimeWords = {}): string {
  const { weekday, day, month, year } = parts(
    at,
    { weekday: "long", day: "numeric", month: "long", year: "numeric" },
    words,
  );
  return `${weekday} ${day} ${month} ${year}`;
}

export function dayTile(iso: string, words: TimeWords = {}): { day: string; month: string } {
  const { day, month } = parts(new Date(iso), { day: "numeric", month: "short" }, words);
  return { day: day ?? "", month: month ?? "" };
}

/** The end of an event whose start is shown beside it: only the time on the same day. */
export function endBeside(startsAt: string, endsAt: string, now: Date, words: TimeWords = {}): string {
  const day = (iso: string) => fullDateTime(iso, words).split(",")[0];
  return day(startsAt) === day(endsAt) ? clockTime(endsAt, words) : weekdayDateTime(endsAt, now, words);
}

/** `CET`, or `GMT+5:30` where no name is known. */
export const zoneName = (iso: string | number | Date, words: TimeWords = {}) =>
  parts(new Date(iso), { timeZoneName: "short" }, words).timeZoneName ?? "UTC";

/** `2 s ago`; never negative, because two clocks may differ. */
export function ago(iso: string, now: number): string {
  return `${duration(Math.max(0, now - Date.parse(iso)))} ago`;
}

/** `12 s`, `4 min`, `1 h 8 min`, `3 d 4 h` */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return two(ms, HOUR, "h", MINUTE, "min");
  return two(ms, DAY, "d", HOUR, "h");
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${Math.floor(ms / big)} ${bigName}` : `${Math.floor(ms / big)} ${bigName} ${rest} ${smallName}`;
}

/** What `<input type="datetime-local">` shows for an instant. */
export function toLocalInput(iso: string): string {
  const at = new Date(iso);
  const pad = (number: number) => String(number).padStart(2, "0");
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** The instant that a local date and time name; `null` for an incomplete one. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
