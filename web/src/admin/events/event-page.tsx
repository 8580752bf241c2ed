/** One event: its facts, who watches, its tickets, and how its picture gets in. */
import { Archive, ArchiveRestore, FileDown, Play, Printer, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { counted } from "../amounts";
import { words } from "../api/failure";
import type { EventDetail } from "../api/types";
import { withZeros } from "../dashboard/series";
import { ViewersCard } from "../dashboard/viewers-card";
import { InForce } from "../edges/in-force";
import { EventBadge } from "../parts/badge";
import { BreakdownBar } from "../parts/breakdown";
import { Button, ButtonLink } from "../parts/button";
import { RowMenu } from "../parts/menu";
import { PageHead } from "../parts/page";
import { Loaded } from "../parts/states";
import { useToasts } from "../parts/toasts";
import { exportTickets } from "../tickets/export";
import { fullDateTime, zoneName } from "../time";
import { useNow } from "../use-now";
import { eventMark } from "./mark";
import { EventQuestion, useEventMenu } from "./menu";
import { PublishCard } from "./publish-card";
import { useEvent } from "./queries";
import { ViewersTable } from "./viewers-table";

// The player is large and opened rarely.
const Preview = lazy(() => import("./preview"));

export function EventPage({ id }: { id: string }) {
  const event = useEvent(id);
  return (
    <Loaded query={event} what="The event">
      {(data) => <LoadedEvent event={data} />}
    </Loaded>
  );
}

function LoadedEvent({ event }: { event: EventDetail }) {
  const now = useNow(10_000);
  const [, navigate] = useLocation();
  const menu = useEventMenu(event);
  const [previewing, setPreviewing] = useState(false);
  return (
    <>
      <PageHead
        title={event.title}
        crumbs={[{ label: "Events", href: "/admin/events" }, { label: event.title }]}
        badge={
          <>
            <EventBadge mark={eventMark(event)} />
            <InForce id={event.id} />
          </>
        }
        sub={event.description}
        actions={
          <>
            <Button icon={Play} disabled={!event.isActive} onClick={() => setPreviewing(true)}>
              Preview
            </Button>
            <ButtonLink href={`/admin/events/${event.id}/edit`}>Edit</ButtonLink>
            <Button onClick={() => menu.ask(event.isActive ? "deactivate" : "reactivate")}>
              {event.isActive ? "Deactivate" : "Reactivate"}
            </Button>
            <RowMenu
              boxed
              label="More actions"
              entries={[
                event.isArchived
                  ? { label: "Unarchive…", icon: ArchiveRestore, run: () => menu.ask("unarchive") }
                  : { label: "Archive…", icon: Archive, run: () => menu.ask("archive") },
                { label: "Delete…", icon: Trash2, danger: true, run: () => menu.ask("delete") },
              ]}
            />
          </>
        }
      />
      <Facts event={event} />
      <div className="c-event-columns">
        <div className="c-stack">
          <ViewersTable eventId={event.id} />
          <ViewersCard points={withZeros(event.viewersOverTime, now)} live={event.liveViewers} now={now} />
        </div>
        <div className="c-stack">
          <TicketsCard event={event} />
          <PublishCard event={event} />
        </div>
      </div>
      <EventQuestion
        event={event}
        asked={menu.asked}
        onClose={menu.close}
        onDeleted={() => navigate("/admin/events", { replace: true })}
      />
      {previewing && (
        <Suspense fallback={null}>
          <Preview event={event} onClose={() => setPreviewing(false)} />
        </Suspense>
      )}
    </>
  );
}

const devices = {
  block: { name: "One at a time", says: "A second device must wait" },
  takeover: { name: "One at a time", says: "A second device takes over" },
} as const;

function Facts({ event }: { event: EventDetail }) {
  const validUntil = new Date(Date.parse(event.endsAt) + event.accessWindowHours * 3_600_000).toISOString();
  const facts = [
    { name: "Starts", value: fullDateTime(event.startsAt), note: zoneName(event.startsAt) },
    { name: "Ends", value: fullDateTime(event.endsAt), note: zoneName(event.endsAt) },
    {
      name: "Tickets valid until",
      value: fullDateTime(validUntil),
      note: `${event.accessWindowHours} h access window`,
    },
    { name: "Devices", value: devices[event.devicePolicy].name, note: devices[event.devicePolicy].says },
  ];
  return (
    <dl className="c-card c-facts">
      {facts.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          <dd className="c-hint">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function TicketsCard({ event }: { event: EventDetail }) {
  const toast = useToasts();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    await exportTickets(event.id).catch((failure) => toast.failed(`Not exported. ${words(failure)}`));
    setBusy(false);
  };
  return (
    <section className="c-card" aria-label="Tickets">
      <div className="c-card-head">
        <h2>
          <Link href={`/admin/tickets?eventId=${event.id}`}>{counted(event.tokenCount, "ticket")}</Link>
        </h2>
        <Link href={`/admin/tickets/generate?eventId=${event.id}`}>
          {event.tokenCount === 0 ? "Generate tickets" : "Generate more"}
        </Link>
      </div>
      <BreakdownBar breakdown={event.tokenBreakdown} />
      {event.tokenCount > 0 && (
        <div className="c-card-actions">
          <Button size="small" icon={FileDown} busy={busy} onClick={save}>
            Export CSV
          </Button>
          <ButtonLink size="small" icon={Printer} href={`/admin/events/${event.id}/sheet`}>
            Print unused
          </ButtonLink>
        </div>
      )}
    </section>
  );
}
