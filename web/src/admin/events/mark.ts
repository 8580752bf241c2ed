/** The one word that tells where an event stands. */
import type { Event } from "../api/types";

export type EventMark = "live" | "not-started" | "recording" | "ended" | "inactive" | "archived";

type Judged = Pick<Event, "isActive" | "isArchived" | "status">;

/** What the organizer switched counts before what the event is to viewers. */
export function eventMark({ isActive, isArchived, status }: Judged): EventMark {
  if (isArchived) return "archived";
  return isActive ? status : "inactive";
}
