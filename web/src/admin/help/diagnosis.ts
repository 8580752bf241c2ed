/** What is wrong with a ticket, in one sentence that can be read out on the phone, and what most likely helps. */
import type { TicketDetail } from "../api/types";
import { ago, fullDateTime } from "../time";

export type Remedy = "end-session" | "unrevoke" | "reactivate" | "copy-link" | null;

export interface Diagnosis {
  kind: "advice" | "good";
  heading: string;
  text: string;
  remedy: Remedy;
}

// A refusal that is older belongs to another conversation.
const RECENT_MS = 30 * 60_000;

export interface EventFacts {
  isActive: boolean;
  startsAt: string;
}

export function diagnose(ticket: TicketDetail, event: EventFacts | undefined, now: number): Diagnosis {
  const last = ticket.refusals[0];
  const recent = last !== undefined && now - Date.parse(last.at) < RECENT_MS ? last : undefined;
  if (ticket.status === "revoked") {
    const over = Date.parse(ticket.expiresAt) <= now;
    return {
      kind: "advice",
      heading: "This ticket has been revoked.",
      text: over
        ? `It has expired too, on ${fullDateTime(ticket.expiresAt)}, so it cannot come back. Generate another one if the caller should watch.`
        : "If that was a mistake, un-revoke it; then ask the caller to press Watch Now again.",
      remedy: over ? null : "unrevoke",
    };
  }
  if (event !== undefined && !event.isActive) {
    return {
      kind: "advice",
      heading: "The event is deactivated.",
      text: "No ticket of it works until it is reactivated, on the page of the event.",
      remedy: "reactivate",
    };
  }
  if (ticket.status === "expired") {
    return {
      kind: "advice",
      heading: "This ticket has expired.",
      text: `It was valid until ${fullDateTime(ticket.expiresAt)}. A longer access window of the event brings back all its tickets.`,
      remedy: null,
    };
  }
  if (ticket.session !== null && recent?.reason === "in_use") {
    return {
      kind: "advice",
      heading: "Another device is playing with this ticket.",
      text: "If the caller’s other screen is closed, end its session; then ask them to press Watch Now again.",
      remedy: "end-session",
    };
  }
  if (ticket.session !== null && ticket.session.clients > 2) {
    return {
      kind: "advice",
      heading: `${ticket.session.clients} players use this ticket at once.`,
      text: "Its link may have been passed on. End the session to stop them all, or revoke the ticket.",
      remedy: "end-session",
    };
  }
  if (ticket.session !== null) {
    return {
      kind: "good",
      heading: "This ticket is playing.",
      text: `A device was seen ${ago(ticket.session.lastSeenAt, now)}. If the caller sees no picture, ask them to reload the page.`,
      remedy: null,
    };
  }
  if (recent?.reason === "rate_limited") {
    return {
      kind: "advice",
      heading: "Too many attempts came from the caller’s network.",
      text: "Ask them to wait a minute, then to try again.",
      remedy: null,
    };
  }
  if (event !== undefined && Date.parse(event.startsAt) > now) {
    return {
      kind: "good",
      heading: "This ticket works; the event has not started.",
      text: `It starts on ${fullDateTime(event.startsAt)}. After entering the code the caller sees a countdown, and the picture starts by itself.`,
      remedy: "copy-link",
    };
  }
  return {
    kind: "good",
    heading: "This ticket works, and nobody is using it.",
    text: "Ask the caller to enter the code exactly: capital and small letters count. Or send them the link.",
    remedy: "copy-link",
  };
}

const refusalWords: Record<string, string> = {
  in_use: "In use on another device",
  ticket_revoked: "The ticket is revoked",
  ticket_expired: "The ticket has expired",
  event_unavailable: "The event is deactivated",
  rate_limited: "Too many attempts",
  invalid_token: "The page was asleep for too long",
  session_conflict: "Another device took over",
  session_not_found: "The session had ended",
  session_ended: "The session had ended",
};

/** A refusal's reason as people say it. */
export const inWords = (reason: string) => refusalWords[reason] ?? reason.replaceAll("_", " ");
