/** Status as a word, a colour and often a shape. */
import { Archive, Ban, Clock } from "lucide-react";
import type { TicketStatus } from "../api/types";
import type { EventMark } from "../events/mark";

const eventWords: Record<EventMark, string> = {
  live: "Live",
  "not-started": "Not started",
  recording: "Recording",
  ended: "Ended",
  inactive: "Inactive",
  archived: "Archived",
};

export function EventBadge({ mark }: { mark: EventMark }) {
  return (
    <span className={`c-badge c-badge-${mark}`}>
      {mark === "archived" ? <Archive size={14} aria-hidden="true" /> : <span className="c-dot" aria-hidden="true" />}
      {eventWords[mark]}
    </span>
  );
}

export const ticketWords: Record<TicketStatus, string> = {
  unused: "Unused",
  redeemed: "Redeemed",
  revoked: "Revoked",
  expired: "Expired",
};

export function TicketBadge({ status }: { status: TicketStatus }) {
  return (
    <span className={`c-badge c-badge-${status}`}>
      {status === "revoked" && <Ban size={14} aria-hidden="true" />}
      {status === "expired" && <Clock size={14} aria-hidden="true" />}
      {(status === "unused" || status === "redeemed") && <span className="c-dot" aria-hidden="true" />}
      {ticketWords[status]}
    </span>
  );
}
