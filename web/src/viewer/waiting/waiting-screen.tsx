/** The room before the picture: what will be shown and when, by the server's clock. The picture starts by itself. */
import { useEffect } from "react";
import { Button } from "../../ui/button";
import { localDate } from "../entry/messages";
import { preloadPlayerWhenIdle } from "../preload";
import type { Held } from "../session/model";
import { serverTime } from "../session/timing";
import { useNow } from "../use-now";
import { countdown } from "./countdown";
import "./waiting.css";

export function WaitingScreen({ held, onLeave }: { held: Held; onLeave: () => void }) {
  const now = useNow();
  useEffect(preloadPlayerWhenIdle, []);
  const { event } = held;
  return (
    <main className="waiting">
      <div className="waiting-text">
        <h1>{event.title}</h1>
        <p className="waiting-date">{localDate(event.startsAt)} (your local time)</p>
        {event.description !== "" && <p className="waiting-description">{event.description}</p>}
        <Countdown held={held} now={now} />
        <Button kind="quiet" onClick={onLeave}>
          Back
        </Button>
      </div>
      {event.posterUrl !== null && <img className="poster" src={event.posterUrl} alt="" referrerPolicy="no-referrer" />}
    </main>
  );
}

function Countdown({ held, now }: { held: Held; now: number }) {
  if (held.status === "ended") return <p role="status">This event is over.</p>;
  const units = countdown(held.event.startsAt - serverTime(held, now));
  if (units === null) return <p role="status">The event is about to begin.</p>;
  return (
    <>
      <div className="countdown" role="timer" aria-live="off">
        {units.map((unit) => (
          <span key={unit.name.replace(/s$/, "")} className="countdown-unit">
            <span className="figures">{unit.figures}</span> {unit.name}
          </span>
        ))}
      </div>
      <p className="hint">Stay on this page. The picture starts by itself, even if the event begins early.</p>
    </>
  );
}
