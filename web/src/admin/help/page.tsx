/** One search box for the person on the phone: what is with their ticket, and what helps. */
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { counted } from "../amounts";
import type { Ticket } from "../api/types";
import { useFilters } from "../filters";
import { TicketBadge } from "../parts/badge";
import { IconButton } from "../parts/button";
import { CodeText } from "../parts/code";
import { PageHead } from "../parts/page";
import { SearchField } from "../parts/search-field";
import { Loaded } from "../parts/states";
import { useTickets } from "../tickets/queries";
import { TicketHelp } from "./ticket-help";

const RESULTS = 10;

export function HelpPage() {
  const filters = useFilters();
  const search = filters.get("search").trim();
  const chosen = filters.get("ticket");
  const found = useTickets({ search: asCode(search), limit: RESULTS }, search !== "");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const tickets = search === "" ? [] : (found.data?.data ?? []);
  const only = tickets.length === 1 ? tickets[0]?.id : undefined;
  const shown = chosen !== "" ? chosen : only;
  const total = found.data?.pagination.total ?? 0;
  const note =
    search !== "" && found.data !== undefined && !found.isPlaceholderData ? `${counted(total, "ticket")} found` : "";
  return (
    <>
      <PageHead title="Help a viewer" />
      <div className="c-help-search">
        <SearchField
          ref={field}
          large
          label="Code or label"
          value={filters.get("search")}
          onChange={(text) => filters.set({ search: text, ticket: "" })}
        />
        <span className="c-help-note" role="status">
          {note}
        </span>
        {(search !== "" || chosen !== "") && (
          <IconButton
            label="Clear"
            icon={X}
            onClick={() => {
              filters.set({ search: "", ticket: "" });
              field.current?.focus();
            }}
          />
        )}
      </div>
      {shown !== undefined && <TicketHelp key={shown} id={shown} />}
      {shown === undefined && search === "" && (
        <p className="c-help-hint">
          Ask the caller for the code on their ticket, or search for the label that you gave it. Part of either is
          enough.
        </p>
      )}
      {shown === undefined && search !== "" && (
        <Loaded query={found} what="The tickets">
          {() => <Results tickets={tickets} total={total} onChoose={(id) => filters.set({ ticket: id })} />}
        </Loaded>
      )}
    </>
  );
}

/** A code is often read out or written in groups; a label keeps its spaces. */
function asCode(search: string): string {
  const joined = search.replace(/[\s-]+/g, "");
  return /^[A-Za-z0-9]{12}$/.test(joined) ? joined : search;
}

function Results({ tickets, total, onChoose }: { tickets: Ticket[]; total: number; onChoose: (id: string) => void }) {
  if (tickets.length === 0) {
    return (
      <div className="c-card nothing-found">
        <h2>No ticket has this code or label</h2>
        <p className="c-hint">
          Look for letters that are easily mistaken: 0 and O, 1, l and I. A part of the code is enough. A code that
          nobody made is refused as invalid, so the caller may have one of another organizer.
        </p>
      </div>
    );
  }
  return (
    <div className="c-card c-results">
      <ul>
        {tickets.map((ticket) => (
          <li key={ticket.id}>
            <button type="button" onClick={() => onChoose(ticket.id)}>
              <CodeText code={ticket.code} />
              <span className="c-result-label">{ticket.label ?? "No label"}</span>
              <span className="c-result-event">{ticket.eventTitle}</span>
              <TicketBadge status={ticket.status} />
            </button>
          </li>
        ))}
      </ul>
      {total > tickets.length && (
        <p className="c-table-foot">
          {counted(total - tickets.length, "more ticket")}: type more of the code or label.
        </p>
      )}
    </div>
  );
}
