/** Who watches an event now. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { bytes, count } from "../amounts";
import { api, whole } from "../api/client";
import type { Viewer } from "../api/types";
import { deviceName } from "../device";
import { Button } from "../parts/button";
import { SearchField } from "../parts/search-field";
import { Loaded } from "../parts/states";
import { Pager } from "../parts/table";
import { EndSession } from "../tickets/questions";
import { ago, clockTime } from "../time";
import { useNow } from "../use-now";

const ROWS = 8;
const EVERY_MS = 5_000;
// A player that is well is seen every few seconds.
const LATE_MS = 15_000;

const useViewers = (id: string, search: string, page: number) =>
  useQuery({
    queryKey: ["viewers", id, search, page],
    queryFn: ({ signal }) =>
      whole(
        api.GET("/api/admin/events/{id}/viewers", {
          params: { path: { id }, query: { search, page, limit: ROWS } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });

export function ViewersTable({ eventId }: { eventId: string }) {
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(1);
  const viewers = useViewers(eventId, search, page);
  const [asked, setAsked] = useState<Viewer | null>(null);
  const now = useNow();
  return (
    <section className="c-card c-table-card" aria-label="Watching now">
      <div className="c-card-head c-card-head-table">
        <h2>
          Watching now <span className="c-head-count">{viewers.data && count(viewers.data.pagination.total)}</span>
        </h2>
        <SearchField
          label="Label or code"
          value={search}
          onChange={(text) => {
            setSearch(text);
            setPage(1);
          }}
        />
      </div>
      <Loaded query={viewers} what="The viewers">
        {({ data, pagination }) =>
          data.length === 0 ? (
            <p className="c-nothing">
              {search.trim() === ""
                ? "Nobody is watching now. Viewers appear here within seconds."
                : "Nobody who is watching has a ticket with this label or code."}
            </p>
          ) : (
            <>
              <table className="c-table c-table-cards c-table-dense">
                <caption className="visually-hidden">Watching now</caption>
                <thead>
                  <tr>
                    <th scope="col">Ticket label</th>
                    <th scope="col">Since</th>
                    <th scope="col">Last seen</th>
                    <th scope="col">Edge</th>
                    <th scope="col" className="c-number">
                      Data
                    </th>
                    <th scope="col">
                      <span className="visually-hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.map((viewer) => (
                    <ViewerRow key={viewer.ticketId} viewer={viewer} now={now} onEnd={() => setAsked(viewer)} />
                  ))}
                </tbody>
              </table>
              <Pager pagination={pagination} things="watching" note=", newest first" onPage={setPage} />
            </>
          )
        }
      </Loaded>
      {asked !== null && <EndSession ticketId={asked.ticketId} label={asked.label} onClose={() => setAsked(null)} />}
    </section>
  );
}

function ViewerRow({ viewer, now, onEnd }: { viewer: Viewer; now: number; onEnd: () => void }) {
  const isLate = now - Date.parse(viewer.lastSeenAt) >= LATE_MS;
  return (
    <tr>
      <th scope="row">
        <Link href={`/admin/help?ticket=${viewer.ticketId}`} title={deviceName(viewer.device)}>
          {viewer.label ?? "No label"}
        </Link>
        {viewer.isShared && (
          <span className="c-badge c-badge-shared" title="More than two players use this session">
            <Users size={14} aria-hidden="true" />
            Shared by {viewer.clients}
          </span>
        )}
      </th>
      <td data-label="Since">{clockTime(viewer.since)}</td>
      <td data-label="Last seen" className={isLate ? "c-late" : undefined}>
        {ago(viewer.lastSeenAt, now)}
      </td>
      <td data-label="Edge">{viewer.edgeId ?? "–"}</td>
      <td data-label="Data" className="c-number c-nowrap">
        {bytes(viewer.bytes)}
      </td>
      <td className="c-cell-action">
        <Button size="small" onClick={onEnd}>
          End session
        </Button>
      </td>
    </tr>
  );
}
