import { Ban, Copy, LifeBuoy, Link as LinkIcon, Undo2, Unplug } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Ticket } from "../api/types";
import { InForce } from "../edges/in-force";
import { TicketBadge } from "../parts/badge";
import { CodeText } from "../parts/code";
import { CopyIcon, useCopyToast } from "../parts/copy-button";
import { type MenuEntry, RowMenu } from "../parts/menu";
import { shortDateTime } from "../time";
import { ticketLink } from "./link";
import { EndSession, RevokeTicket, UnrevokeTicket } from "./questions";

export interface TicketRowProps {
  ticket: Ticket;
  selected: boolean;
  onSelect: (on: boolean) => void;
}

export function TicketRow({ ticket, selected, onSelect }: TicketRowProps) {
  const { id, code, label, status } = ticket;
  const now = new Date();
  return (
    <tr data-selected={selected}>
      <td className="c-cell-box">
        <input
          type="checkbox"
          className="c-checkbox"
          aria-label={`Select ${label ?? code}`}
          checked={selected}
          onChange={(change) => onSelect(change.target.checked)}
        />
      </td>
      <th scope="row" className="c-cell-code">
        <Link href={`/admin/help?ticket=${id}`} className="c-code-link">
          <CodeText code={code} />
        </Link>
        <CopyIcon what="code" text={() => code} />
      </th>
      <td data-label="Event" className="c-clip" title={ticket.eventTitle}>
        <Link href={`/admin/events/${ticket.eventId}`} className="c-quiet-link">
          {ticket.eventTitle}
        </Link>
      </td>
      <td data-label="Label" className="c-clip" title={label ?? undefined}>
        {label ?? "–"}
      </td>
      <td data-label="Status">
        <TicketBadge status={status} />
        <InForce id={id} brief />
      </td>
      <td data-label="Redeemed" className="c-nowrap">
        {ticket.redeemedAt === null ? "–" : shortDateTime(ticket.redeemedAt, now)}
      </td>
      <td data-label="Expires" className="c-nowrap">
        {shortDateTime(ticket.expiresAt, now)}
      </td>
      <td className="c-cell-menu">
        <TicketMenu ticket={ticket} />
      </td>
    </tr>
  );
}

function TicketMenu({ ticket }: { ticket: Ticket }) {
  const [asked, setAsked] = useState<"revoke" | "unrevoke" | "end" | null>(null);
  const copy = useCopyToast();
  const close = () => setAsked(null);
  const entries: MenuEntry[] = [
    { label: "Copy code", icon: Copy, run: () => copy(ticket.code, "Code copied") },
    { label: "Copy link", icon: LinkIcon, run: () => copy(ticketLink(ticket.code), "Link copied") },
    { label: "Help this viewer", icon: LifeBuoy, href: `/admin/help?ticket=${ticket.id}` },
    { label: "Free session…", icon: Unplug, run: () => setAsked("end") },
  ];
  // An expired ticket cannot come back to life: its event would have to.
  const isOver = Date.parse(ticket.expiresAt) <= Date.now();
  if (!ticket.isRevoked) entries.push({ label: "Revoke…", icon: Ban, danger: true, run: () => setAsked("revoke") });
  else if (!isOver) entries.push({ label: "Un-revoke…", icon: Undo2, run: () => setAsked("unrevoke") });
  return (
    <>
      <RowMenu label={`Actions for ${ticket.label ?? ticket.code}`} entries={entries} />
      {asked === "revoke" && <RevokeTicket ticket={ticket} onClose={close} />}
      {asked === "unrevoke" && <UnrevokeTicket ticket={ticket} onClose={close} />}
      {asked === "end" && <EndSession ticketId={ticket.id} label={ticket.label} onClose={close} />}
    </>
  );
}
