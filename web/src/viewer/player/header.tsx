/** What is being watched, and for how long it may be. */
import { BackIcon, ClockIcon } from "../../ui/icons";
import type { HeldState } from "../session/model";
import { expiry, serverTime } from "../session/timing";
import { leftText } from "./time-text";

export interface HeaderProps {
  state: HeldState;
  now: number;
  headingId: string;
  live: boolean | null;
  /** Nothing arrives just now: LIVE would not be true. */
  still: boolean;
  onLeave: () => void;
}

export function Header({ state, now, headingId, live, still, onLeave }: HeaderProps) {
  const { event } = state.held;
  return (
    <header className="player-header">
      <button type="button" className="control back" aria-label="Back" title="Back" onClick={onLeave}>
        <BackIcon />
      </button>
      <div className="player-title">
        <h1 id={headingId}>{event.title}</h1>
        <p className="since">{live === true && `Live since ${timeOfDay(event.startsAt)}`}</p>
      </div>
      <Badge live={live} still={still} />
      <AccessLeft state={state} now={now} />
    </header>
  );
}

function Badge({ live, still }: { live: boolean | null; still: boolean }) {
  if (live === null) return null;
  return <span className={`badge ${live && !still ? "live" : ""}`}>{live ? "LIVE" : "Recording"}</span>;
}

function AccessLeft({ state, now }: { state: HeldState; now: number }) {
  const left = expiry(state.held, now);
  if (left !== "hours" && left !== "soon") return null;
  const ms = state.held.expiresAt - serverTime(state.held, now);
  return (
    <span className={left === "soon" ? "access-left soon" : "access-left"}>
      <ClockIcon />
      <span>Access expires in {leftText(ms)}</span>
    </span>
  );
}

const timeOfDay = (at: number) => new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(at);
