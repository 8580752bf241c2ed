/** The entry screen's words for each way in which a code can fail. */
import type { Notice } from "../session/model";

export interface Message {
  /** `info` for what is nobody's mistake, `warning` for trouble that is not the code's. */
  tone: "error" | "info" | "warning";
  text: string;
}

export function message(notice: Notice, appName: string, zone?: string): Message {
  switch (notice.kind) {
    case "offline":
      return warning("You seem to be offline. Your code is kept here; try again when you are back.");
    case "platform_down":
      return warning(`${appName} does not answer just now. Please try again in a moment.`);
    case "refused":
      return refusal(notice, zone);
  }
}

function refusal(notice: Extract<Notice, { kind: "refused" }>, zone?: string): Message {
  switch (notice.code) {
    case "in_use":
      return {
        tone: "info",
        text: "This access code is currently being viewed on another device. Please wait for the other session to end before trying again.",
      };
    case "ticket_revoked":
      return error("This code has been revoked. Please contact the event organizer.");
    case "event_unavailable":
      return error("This event is no longer available.");
    case "ticket_expired":
      return error(expired(notice.expiredAt, zone));
    case "rate_limited":
      return warning("Too many attempts. Please wait a moment and try again.");
    default:
      return error("Invalid code. Please check your ticket and try again.");
  }
}

function expired(at: string | null, zone?: string): string {
  const date = at === null ? Number.NaN : Date.parse(at);
  if (Number.isNaN(date)) return "This code has expired.";
  return `This code has expired. Access was available until ${localDate(date, zone)}.`;
}

/** Returns a date in the viewer's zone and language: "Mon, Nov 30, 2026, 9:30 PM". */
export function localDate(at: number, zone?: string): string {
  return new Intl.DateTimeFormat(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZone: zone,
  }).format(at);
}

const error = (text: string): Message => ({ tone: "error", text });
const warning = (text: string): Message => ({ tone: "warning", text });
