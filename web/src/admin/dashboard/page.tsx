/** The first page: how many watch, what is on, what comes next. */
import { Plus, TicketPlus } from "lucide-react";
import { Link } from "wouter";
import { count, counted } from "../amounts";
import type { Dashboard } from "../api/types";
import { BreakdownBar } from "../parts/breakdown";
import { ButtonLink } from "../parts/button";
import { PageHead } from "../parts/page";
import { Loaded } from "../parts/states";
import { clockTime, dayTile, longDate, weekdayDateTime, zoneName } from "../time";
import { useNow } from "../use-now";
import { useDashboard } from "./queries";
import { peak, series } from "./series";
import { ViewersCard } from "./viewers-card";

// The platform names at most ten.
const UPCOMING_MAX = 10;

export function DashboardPage() {
  const dashboard = useDashboard();
  const now = useNow(10_000);
  return (
    <>
      <PageHead
        title="Dashboard"
        sub={`${longDate(new Date(now))}, ${clockTime(now)} ${zoneName(now)}`}
        actions={
          <>
            <ButtonLink href="/admin/tickets/generate" icon={TicketPlus}>
              Generate Tickets
            </ButtonLink>
            <ButtonLink href="/admin/events/new" kind="primary" icon={Plus}>
              Create Event
            </ButtonLink>
          </>
        }
      />
      <Loaded query={dashboard} what="The dashboard">
        {(data) => (
          <div className="c-dashboard">
            <Cards dashboard={data} now={now} />
            <ViewersCard points={data.viewersOverTime} live={data.liveViewers} now={now} ofAll />
            <Upcoming dashboard={data} now={now} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Cards({ dashboard, now }: { dashboard: Dashboard; now: number }) {
  const { liveViewers, activeEvents, upcomingEvents, tokenBreakdown, totalTokens, viewersOverTime } = dashboard;
  const today = peak(series(viewersOverTime, liveViewers, now, now - new Date(now).setHours(0, 0, 0, 0)));
  const upcoming = upcomingEvents.length < UPCOMING_MAX ? count(upcomingEvents.length) : `${UPCOMING_MAX} or more`;
  return (
    <div className="c-metrics">
      <section className="c-card c-metric" aria-label="Watching now">
        <h2>
          <span className="c-dot c-dot-live" data-on={liveViewers > 0} aria-hidden="true" />
          Watching now
        </h2>
        <p className="c-figure">{count(liveViewers)}</p>
        <p className="c-hint">
          {today === null || today.viewers === 0
            ? "Nobody has watched today"
            : `Peak today ${count(today.viewers)}, at ${clockTime(today.at)}`}
        </p>
      </section>
      <section className="c-card c-metric" aria-label="Active events">
        <h2>Active events</h2>
        <p className="c-figure">{count(activeEvents)}</p>
        <p className="c-hint">{upcoming} upcoming</p>
      </section>
      <section className="c-card c-metric c-metric-wide" aria-label="Tickets">
        <h2>
          Tickets
          <span className="c-metric-total">{count(totalTokens)} in all</span>
        </h2>
        <BreakdownBar breakdown={tokenBreakdown} />
      </section>
    </div>
  );
}

function Upcoming({ dashboard: { upcomingEvents }, now }: { dashboard: Dashboard; now: number }) {
  return (
    <section className="c-card c-upcoming" aria-label="Upcoming events">
      <div className="c-card-head">
        <h2>Upcoming events</h2>
        <Link href="/admin/events?timeframe=upcoming&sort=startDate&order=asc">All</Link>
      </div>
      {upcomingEvents.length === 0 ? (
        <p className="c-hint">
          Nothing is planned. <Link href="/admin/events/new">Create an event</Link>
        </p>
      ) : (
        <ol>
          {upcomingEvents.map(({ id, title, startsAt, tokenCount }) => {
            const { day, month } = dayTile(startsAt);
            return (
              <li key={id}>
                <span className="c-day-tile" aria-hidden="true">
                  <strong>{day}</strong>
                  {month}
                </span>
                <div>
                  <Link href={`/admin/events/${id}`}>{title}</Link>
                  <p className="c-hint">
                    {weekdayDateTime(startsAt, new Date(now))} · {counted(tokenCount, "ticket")}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
