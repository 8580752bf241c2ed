/** All tickets of all events: searched, filtered, selected, revoked. */
import { TicketPlus } from "lucide-react";
import { useState } from "react";
import { count } from "../amounts";
import type { Ticket, TicketQuery, TicketStatus } from "../api/types";
import { useEvent } from "../events/queries";
import { type Filters, useFilters } from "../filters";
import { ticketWords } from "../parts/badge";
import { Button, ButtonLink } from "../parts/button";
import { EventPicker } from "../parts/event-picker";
import { PageHead } from "../parts/page";
import { SearchField } from "../parts/search-field";
import { Segmented } from "../parts/segmented";
import { Bars, Empty, Loaded } from "../parts/states";
import { Pager } from "../parts/table";
import { ExportButton } from "./export-button";
import { type TicketFilter, useTickets } from "./queries";
import { RevokeMany } from "./questions";
import { type Selection, useSelection } from "./selection";
import { SelectionBar } from "./selection-bar";
import { TicketRow } from "./ticket-row";

const ROWS = 50;

const statuses: { value: TicketStatus | ""; label: string }[] = [
  { value: "", label: "All" },
  { value: "unused", label: "Unused" },
  { value: "redeemed", label: "Redeemed" },
  { value: "revoked", label: "Revoked" },
  { value: "expired", label: "Expired" },
];

export const statusIn = (text: string): TicketStatus | undefined =>
  statuses.map(({ value }) => value).find((value): value is TicketStatus => value !== "" && value === text);

function filterOf(filters: Filters): TicketFilter {
  return {
    eventId: filters.get("eventId") || undefined,
    status: statusIn(filters.get("status")),
    search: filters.get("search") || undefined,
  };
}

export function TicketsPage() {
  const filters = useFilters();
  const filter = filterOf(filters);
  const query: TicketQuery = { ...filter, page: filters.page, limit: ROWS };
  const tickets = useTickets(query);
  const generate = `/admin/tickets/generate${filter.eventId ? `?eventId=${filter.eventId}` : ""}`;
  return (
    <>
      <PageHead
        title="Tickets"
        actions={
          <>
            <ExportButton eventId={filter.eventId} />
            <ButtonLink href={generate} kind="primary" icon={TicketPlus}>
              Generate Tickets
            </ButtonLink>
          </>
        }
      />
      <TicketFilters filters={filters} />
      <Loaded
        query={tickets}
        what="The tickets"
        loading={
          <div className="c-card">
            <Bars rows={10} />
          </div>
        }
      >
        {({ data, pagination }) =>
          data.length === 0 ? (
            <div className="c-card">
              <NoTickets filters={filters} generate={generate} />
            </div>
          ) : (
            <>
              <TicketTable
                // Another list is another selection.
                key={JSON.stringify(filter)}
                tickets={data}
                total={pagination.total}
                filter={filter}
                refreshing={tickets.isPlaceholderData}
              />
              <Pager
                pagination={pagination}
                things={pagination.total === 1 ? "ticket" : "tickets"}
                onPage={filters.toPage}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function TicketFilters({ filters }: { filters: Filters }) {
  const setSearch = (search: string) => filters.set({ search });
  return (
    <search className="c-toolbar">
      <SearchField label="Search code or label" value={filters.get("search")} onChange={setSearch} />
      <EventPicker
        label="Event"
        empty="All events"
        value={filters.get("eventId")}
        onChange={(eventId) => filters.set({ eventId })}
      />
      <Segmented
        label="Status"
        value={statusIn(filters.get("status")) ?? ""}
        choices={statuses}
        onChange={(status) => filters.set({ status })}
      />
    </search>
  );
}

interface TicketTableProps {
  tickets: Ticket[];
  total: number;
  filter: TicketFilter;
  refreshing: boolean;
}

function TicketTable({ tickets, total, filter, refreshing }: TicketTableProps) {
  const selection = useSelection(tickets);
  const [asking, setAsking] = useState(false);
  const described = useDescription(filter);
  return (
    <div className="c-card c-table-card" data-refreshing={refreshing}>
      <SelectionBar selection={selection} total={total} onRevoke={() => setAsking(true)} />
      <table className="c-table c-table-cards c-table-tickets">
        <caption className="visually-hidden">Tickets</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Select</span>
            </th>
            <th scope="col">Code</th>
            <th scope="col">Event</th>
            <th scope="col">Label</th>
            <th scope="col">Status</th>
            <th scope="col">Redeemed</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tickets.map((ticket) => (
            <TicketRow
              key={ticket.id}
              ticket={ticket}
              selected={selection.has(ticket.id)}
              onSelect={(on) => selection.set(ticket.id, on)}
            />
          ))}
        </tbody>
      </table>
      {asking && (
        <RevokeMany
          which={target(selection, filter, total)}
          described={described}
          onClose={() => setAsking(false)}
          onDone={selection.clear}
        />
      )}
    </div>
  );
}

const target = (selection: Selection, filter: TicketFilter, total: number) =>
  selection.all ? ({ kind: "matching", filter, total } as const) : ({ kind: "ids", ids: selection.ids } as const);

function useDescription({ eventId, status, search }: TicketFilter): string {
  const event = useEvent(eventId ?? "").data;
  const parts = [
    status && ticketWords[status].toLowerCase(),
    eventId && `of “${event?.title ?? "this event"}”`,
    search && `with “${search}” in code or label`,
  ].filter(Boolean);
  return parts.length === 0 ? "every ticket of every event" : parts.join(", ");
}

function NoTickets({ filters, generate }: { filters: Filters; generate: string }) {
  if (filters.any) {
    return (
      <Empty heading="No tickets match" action={<Button onClick={filters.clear}>Clear filters</Button>}>
        Nothing has all of these properties. Codes count capital and small letters alike in this search.
      </Empty>
    );
  }
  return (
    <Empty
      heading="No tickets yet"
      action={
        <ButtonLink href={generate} kind="primary" icon={TicketPlus}>
          Generate Tickets
        </ButtonLink>
      }
    >
      Generate up to {count(500)} at a time for an event, then print, export or copy them.
    </Empty>
  );
}
