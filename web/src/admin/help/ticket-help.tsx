import { CircleCheck, Lightbulb, Link as LinkIcon } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import type { TicketDetail } from "../api/types";
import { deviceName } from "../device";
import { InForce } from "../edges/in-force";
import { EventQuestion } from "../events/menu";
import { useEvent } from "../events/queries";
import { TicketBadge } from "../parts/badge";
import { Button } from "../parts/button";
import { CodeText } from "../parts/code";
import { CopyButton, CopyIcon } from "../parts/copy-button";
import { Loaded } from "../parts/states";
import { ticketLink } from "../tickets/link";
import { useTicket } from "../tickets/queries";
import { EndSession, RevokeTicket, UnrevokeTicket } from "../tickets/questions";
import { ago, clockTime, duration, weekdayDateTime } from "../time";
import { useNow } from "../use-now";
import { diagnose, type Remedy } from "./diagnosis";
import { Refusals } from "./refusals";

type Asked = "revoke" | "unrevoke" | "end-session" | "reactivate" | null;

export function TicketHelp({ id }: { id: string }) {
  const ticket = useTicket(id);
  return (
    <Loaded query={ticket} what="The ticket">
      {(data) => <LoadedTicket ticket={data} />}
    </Loaded>
  );
}

function LoadedTicket({ ticket }: { ticket: TicketDetail }) {
  const event = useEvent(ticket.eventId).data;
  const now = useNow();
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const diagnosis = diagnose(ticket, event, now);
  const Icon = diagnosis.kind === "good" ? CircleCheck : Lightbulb;
  return (
    <>
      <section className="c-diagnosis" data-kind={diagnosis.kind} aria-label="Diagnosis">
        <Icon size={20} aria-hidden="true" />
        <div>
          <h2>{diagnosis.heading}</h2>
          <p>{diagnosis.text}</p>
        </div>
        <RemedyButton remedy={diagnosis.remedy} ticket={ticket} onAsk={setAsked} />
      </section>
      <div className="c-help-columns">
        <TicketCard ticket={ticket} onAsk={setAsked} canReturn={Date.parse(ticket.expiresAt) > now} now={now} />
        <SessionCard ticket={ticket} now={now} onEnd={() => setAsked("end-session")} />
      </div>
      <Refusals refusals={ticket.refusals} now={now} />
      {asked === "revoke" && <RevokeTicket ticket={ticket} onClose={close} />}
      {asked === "unrevoke" && <UnrevokeTicket ticket={ticket} onClose={close} />}
      {asked === "end-session" && <EndSession ticketId={ticket.id} label={ticket.label} onClose={close} />}
      {event !== undefined && asked === "reactivate" && (
        <EventQuestion event={event} asked="reactivate" onClose={close} />
      )}
    </>
  );
}

function RemedyButton(props: { remedy: Remedy; ticket: TicketDetail; onAsk: (asked: Asked) => void }) {
  const { remedy, ticket, onAsk } = props;
  switch (remedy) {
    case null:
      return null;
    case "copy-link":
      return (
        <CopyButton what="link to the ticket" icon={LinkIcon} text={() => ticketLink(ticket.code)}>
          Copy link
        </CopyButton>
      );
    case "end-session":
      return (
        <Button kind="primary" onClick={() => onAsk("end-session")}>
          End session
        </Button>
      );
    case "unrevoke":
      return (
        <Button kind="primary" onClick={() => onAsk("unrevoke")}>
          Un-revoke
        </Button>
      );
    case "reactivate":
      return (
        <Button kind="primary" onClick={() => onAsk("reactivate")}>
          Reactivate event
        </Button>
      );
  }
}

interface TicketCardProps {
  ticket: TicketDetail;
  canReturn: boolean;
  now: number;
  onAsk: (asked: Asked) => void;
}

function TicketCard({ ticket, canReturn, now, onAsk }: TicketCardProps) {
  const today = new Date(now);
  return (
    <section className="c-card" aria-label="Ticket">
      <div className="c-card-head">
        <h2>Ticket</h2>
        <span className="c-badges">
          <InForce id={ticket.id} />
          <TicketBadge status={ticket.status} />
        </span>
      </div>
      <p className="c-help-code">
        <CodeText code={ticket.code} />
        <CopyIcon what="code" text={() => ticket.code} />
      </p>
      <dl className="c-rows">
        <dt>Event</dt>
        <dd>
          <Link href={`/admin/events/${ticket.eventId}`}>{ticket.eventTitle}</Link>
        </dd>
        <dt>Label</dt>
        <dd>{ticket.label ?? "–"}</dd>
        <dt>Redeemed</dt>
        <dd>{ticket.redeemedAt === null ? "Not yet" : weekdayDateTime(ticket.redeemedAt, today)}</dd>
        {ticket.revokedAt !== null && (
          <>
            <dt>Revoked</dt>
            <dd>{weekdayDateTime(ticket.revokedAt, today)}</dd>
          </>
        )}
        <dt>Valid until</dt>
        <dd>{weekdayDateTime(ticket.expiresAt, today)}</dd>
      </dl>
      <div className="c-card-actions">
        <CopyButton what="link to the ticket" icon={LinkIcon} text={() => ticketLink(ticket.code)}>
          Copy link
        </CopyButton>
        {!ticket.isRevoked && (
          <Button kind="danger-quiet" onClick={() => onAsk("revoke")}>
            Revoke
          </Button>
        )}
        {ticket.isRevoked && canReturn && <Button onClick={() => onAsk("unrevoke")}>Un-revoke</Button>}
      </div>
    </section>
  );
}

function SessionCard({ ticket, now, onEnd }: { ticket: TicketDetail; now: number; onEnd: () => void }) {
  const { session } = ticket;
  return (
    <section className="c-card" aria-label="Live session">
      <div className="c-card-head">
        <h2>Live session</h2>
        {session !== null && (
          <span className="c-badge c-badge-redeemed">
            <span className="c-dot" aria-hidden="true" />
            Playing
          </span>
        )}
      </div>
      {session === null ? (
        <p className="c-hint">Nobody plays with this ticket now. It is free for any device.</p>
      ) : (
        <>
          <dl className="c-rows">
            <dt>Since</dt>
            <dd>
              {clockTime(session.since)}, {duration(Math.max(0, now - Date.parse(session.since)))}
            </dd>
            <dt>Last seen</dt>
            <dd>{ago(session.lastSeenAt, now)}</dd>
            <dt>Edge</dt>
            <dd>{session.edgeId ?? "None yet"}</dd>
            <dt>Device</dt>
            <dd>{deviceName(session.device)}</dd>
            {session.clients > 2 && (
              <>
                <dt>Players</dt>
                <dd>{session.clients}, shared</dd>
              </>
            )}
          </dl>
          <div className="c-card-actions">
            <Button onClick={onEnd}>End session</Button>
          </div>
        </>
      )}
    </section>
  );
}
