/** Who did what, newest first. */
import { Link } from "wouter";
import type { AuditEntry } from "../api/types";
import { deviceName } from "../device";
import { useFilters } from "../filters";
import { Button } from "../parts/button";
import { EventPicker } from "../parts/event-picker";
import { PageHead } from "../parts/page";
import { Empty, Loaded } from "../parts/states";
import { Pager } from "../parts/table";
import { clockTime, fullDateTime, zoneName } from "../time";
import { useAuditLog } from "./queries";
import { kindIn, kinds, kindWords } from "./words";

const ROWS = 50;

export function AuditPage() {
  const filters = useFilters();
  const eventId = filters.get("eventId");
  const kind = kindIn(filters.get("kind"));
  const log = useAuditLog({ kind, eventId: eventId || undefined, page: filters.page, limit: ROWS });
  return (
    <>
      <PageHead
        title="Audit log"
        sub="Sign-ins, changes and redemptions, newest first. It never holds a code or a password."
      />
      <search className="c-toolbar">
        <label className="c-select">
          <span className="visually-hidden">Kind</span>
          <select value={kind ?? ""} onChange={(change) => filters.set({ kind: change.target.value })}>
            <option value="">All kinds</option>
            {kinds.map((each) => (
              <option key={each} value={each}>
                {kindWords[each]}
              </option>
            ))}
          </select>
        </label>
        <EventPicker label="Event" empty="All events" value={eventId} onChange={(id) => filters.set({ eventId: id })} />
      </search>
      <Loaded query={log} what="The audit log">
        {({ data, pagination }) =>
          data.length === 0 ? (
            <div className="c-card">
              <Empty
                heading={filters.any ? "No entries match" : "Nothing has happened yet"}
                action={filters.any && <Button onClick={filters.clear}>Clear filters</Button>}
              >
                What organizers do, and what becomes of tickets, is written down here.
              </Empty>
            </div>
          ) : (
            <>
              <div className="c-card c-table-card" data-refreshing={log.isPlaceholderData}>
                <table className="c-table c-table-cards">
                  <caption className="visually-hidden">Audit log</caption>
                  <thead>
                    <tr>
                      <th scope="col">Time</th>
                      <th scope="col">Kind</th>
                      <th scope="col">Event</th>
                      <th scope="col">Details</th>
                      <th scope="col">From</th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.map((entry) => (
                      <EntryRow key={entry.id} entry={entry} />
                    ))}
                  </tbody>
                </table>
              </div>
              <Pager
                pagination={pagination}
                things={pagination.total === 1 ? "entry" : "entries"}
                note={`. Times in ${zoneName(Date.now())}.`}
                onPage={filters.toPage}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function EntryRow({ entry }: { entry: AuditEntry }) {
  const seconds = `:${String(new Date(entry.at).getSeconds()).padStart(2, "0")}`;
  return (
    <tr>
      <th scope="row" className="c-nowrap" title={fullDateTime(entry.at)}>
        {fullDateTime(entry.at).split(",")[0]}, {clockTime(entry.at)}
        {seconds}
      </th>
      <td data-label="Kind" className="c-strong">
        {kindWords[entry.kind] ?? entry.kind}
      </td>
      <td data-label="Event">
        {entry.eventId !== null && entry.eventTitle !== null ? (
          <Link href={`/admin/events/${entry.eventId}`}>{entry.eventTitle}</Link>
        ) : (
          "–"
        )}
      </td>
      <td data-label="Details">
        {entry.ticketId !== null && <Link href={`/admin/help?ticket=${entry.ticketId}`}>Ticket</Link>}
        {entry.ticketId !== null && entry.detail !== null && " · "}
        {entry.detail ?? (entry.ticketId === null ? "–" : "")}
      </td>
      <td data-label="From">
        {entry.clientIp ?? "the platform"}
        {entry.userAgent !== null && <span className="c-second-line">{deviceName(entry.userAgent)}</span>}
      </td>
    </tr>
  );
}
