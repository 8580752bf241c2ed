/** The kinds of audit entries, as people say them. */
import type { AuditKind } from "../api/types";

export const kindWords: Record<AuditKind, string> = {
  admin_signed_in: "Signed in",
  admin_sign_in_refused: "Sign-in refused",
  admin_signed_out: "Signed out",
  event_created: "Event created",
  event_edited: "Event edited",
  event_deactivated: "Event deactivated",
  event_reactivated: "Event reactivated",
  event_archived: "Event archived",
  event_unarchived: "Event unarchived",
  event_deleted: "Event deleted",
  tickets_generated: "Tickets generated",
  ticket_revoked: "Ticket revoked",
  ticket_restored: "Ticket un-revoked",
  tickets_revoked: "Tickets revoked",
  tickets_exported: "Tickets exported",
  preview_started: "Preview started",
  ticket_redeemed: "Ticket redeemed",
  session_started: "Session started",
  session_ended: "Session ended",
  session_lapsed: "Session lapsed",
  validation_refused: "Code refused",
  token_refreshed: "Access renewed",
  refresh_refused: "Renewing refused",
};

// Too many to be kept as rows: these are lines of the program's log only.
const onlyLogged: ReadonlySet<string> = new Set([
  "session_started",
  "session_ended",
  "session_lapsed",
  "validation_refused",
  "token_refreshed",
  "refresh_refused",
]);

/** The kinds that the audit log can be filtered by. */
export const kinds = (Object.keys(kindWords) as AuditKind[]).filter((kind) => !onlyLogged.has(kind));

/** Reads a kind from an address. */
export const kindIn = (text: string): AuditKind | undefined => kinds.find((kind) => kind === text);
