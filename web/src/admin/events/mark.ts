/** The one word that tells where an event stands. */
import type { Event } from "../api/types";

export type EventMark = "live" | "not-started" | "recording" | "ended" | "inactive" | "archived";

type Judged = Pick<Event, "isActive" | "isArchived" | "startsAt" | "endsAt">;

/** What the organizer switched counts first, then what the platform knows of the stream, then the schedule. */
export function eventMark(event: Judged & { status?: EventMark }, now: number): EventMark {
  if (event.isArchived) return "archived";
  if (!event.isActive) return "inactive";
  if (event.status !== undefined) return event.status;
  if (now < Date.parse(event.startsAt)) return "not-started";
  return now < Date.parse(event.endsAt) ? "live" : "recording";
}
