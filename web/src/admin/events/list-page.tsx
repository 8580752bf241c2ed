/** All events: searched, filtered and sorted by the platform, page by page. */
import { Plus } from "lucide-react";
import type { EventQuery } from "../api/types";
import { type Filters, useFilters } from "../filters";
import { Button, ButtonLink } from "../parts/button";
import { PageHead } from "../parts/page";
import { SearchField } from "../parts/search-field";
import { Segmented } from "../parts/segmented";
import { Bars, Empty, Loaded } from "../parts/states";
import { Pager, SortHead } from "../parts/table";
import { zoneName } from "../time";
import { useNow } from "../use-now";
import { EventRow } from "./event-row";
import { useEvents } from "./queries";

const ROWS = 20;

const activity = [
  { value: "active", label: "Active" },
  { value: "inactive", label: "Inactive" },
] as const;

const times = [
  { value: "", label: "Any time" },
  { value: "upcoming", label: "Upcoming" },
  { value: "past", label: "Past" },
] as const;

type Sort = { by: "startDate" | "title" | "tokenCount"; order: "asc" | "desc" };

function sortOf(filters: Filters): Sort {
  const by = filters.get("sort");
  const known = by === "title" || by === "tokenCount" ? by : "startDate";
  const order = filters.get("order");
  return { by: known, order: order === "asc" || order === "desc" ? order : known === "title" ? "asc" : "desc" };
}

function queryOf(filters: Filters, sort: Sort): EventQuery {
  const status = filters.get("status");
  const timeframe = filters.get("timeframe");
  return {
    status: status === "inactive" || status === "archived" ? status : "active",
    timeframe: timeframe === "upcoming" || timeframe === "past" ? timeframe : undefined,
    search: filters.get("search") || undefined,
    sort: sort.by,
    order: sort.order,
    page: filters.page,
    limit: ROWS,
  };
}

export function EventsPage() {
  const filters = useFilters();
  const sort = sortOf(filters);
  const events = useEvents(queryOf(filters, sort));
  const now = useNow(10_000);
  const onSort = (by: Sort["by"], order: Sort["order"]) => filters.set({ sort: by, order });
  const head = { sort, onSort };
  const isVirgin = events.data?.pagination.total === 0 && !filters.any;
  return (
    <>
      <PageHead
        title="Events"
        actions={
          // An empty list has its own.
          isVirgin || (
            <ButtonLink href="/admin/events/new" kind="primary" icon={Plus}>
              Create Event
            </ButtonLink>
          )
        }
      />
      {isVirgin || <EventFilters filters={filters} />}
      <Loaded query={events} what="The events" loading={<TableBars />}>
        {({ data, pagination }) =>
          data.length === 0 ? (
            <div className="c-card">{isVirgin ? <NoEventsYet /> : <NoneMatch filters={filters} />}</div>
          ) : (
            <>
              <div className="c-card c-table-card" data-refreshing={events.isPlaceholderData}>
                <table className="c-table c-table-cards">
                  <caption className="visually-hidden">Events</caption>
                  <thead>
                    <tr>
                      <SortHead {...head} column="title">
                        Title
                      </SortHead>
                      <th scope="col">Source</th>
                      <SortHead {...head} column="startDate" first="desc">
                        Starts
                      </SortHead>
                      <th scope="col">Ends</th>
                      <th scope="col">Access window</th>
                      <th scope="col">Status</th>
                      <SortHead {...head} column="tokenCount" first="desc" className="c-number">
                        Tickets
                      </SortHead>
                      <th scope="col" className="c-number">
                        Watching
                      </th>
                      <th scope="col">
                        <span className="visually-hidden">Actions</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.map((event) => (
                      <EventRow key={event.id} event={event} now={now} />
                    ))}
                  </tbody>
                </table>
              </div>
              <Pager
                pagination={pagination}
                things={pagination.total === 1 ? "event" : "events"}
                note={`. Times in ${zoneName(now)}; an end on another day shows its date.`}
                onPage={filters.toPage}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function EventFilters({ filters }: { filters: Filters }) {
  const archived = filters.get("status") === "archived";
  const setSearch = (search: string) => filters.set({ search });
  return (
    <search className="c-toolbar">
      <SearchField label="Search title" value={filters.get("search")} onChange={setSearch} />
      {!archived && (
        <Segmented
          label="Active or inactive"
          value={filters.get("status") === "inactive" ? "inactive" : "active"}
          choices={activity}
          onChange={(status) => filters.set({ status: status === "active" ? "" : status })}
        />
      )}
      <Segmented
        label="When"
        value={times.find(({ value }) => value === filters.get("timeframe"))?.value ?? ""}
        choices={times}
        onChange={(timeframe) => filters.set({ timeframe })}
      />
      <label className="c-switch c-toolbar-end">
        <input
          type="checkbox"
          role="switch"
          aria-checked={archived}
          checked={archived}
          onChange={(change) => filters.set({ status: change.target.checked ? "archived" : "" })}
        />
        Show archived
      </label>
    </search>
  );
}

function NoEventsYet() {
  return (
    <Empty
      heading="No events yet"
      action={
        <ButtonLink href="/admin/events/new" kind="primary" icon={Plus}>
          Create Event
        </ButtonLink>
      }
    >
      Create an event, generate its tickets, and send them out. Viewers need nothing but their code.
    </Empty>
  );
}

function NoneMatch({ filters }: { filters: Filters }) {
  return (
    <Empty heading="No events match" action={<Button onClick={filters.clear}>Clear filters</Button>}>
      Nothing has all of these properties. Other filters may find it.
    </Empty>
  );
}

function TableBars() {
  return (
    <div className="c-card">
      <Bars rows={8} />
    </div>
  );
}
