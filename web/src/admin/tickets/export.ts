import { download } from "../api/client";

/** Saves all tickets of an event as CSV, made by the platform. */
export const exportTickets = (eventId: string) =>
  download(`/api/admin/events/${encodeURIComponent(eventId)}/tokens/export`, "tickets.csv");
