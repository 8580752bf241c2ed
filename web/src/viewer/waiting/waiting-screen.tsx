/** The room before the picture: what will be shown and when, by the server's clock. The picture starts by itself. */
import { useEffect, useRef } from "react";
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
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(preloadPlayerWhenIdle, []);
  useEffect(() => heading.current?.focus(), []);
  const { event } = held;
  return (
    <main className="waiting">
      <div className="waiting-text">
        <h1 ref={heading} tabIndex={-1}>
          {event.title}
        </h1>
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
  const over = held.status === "ended";
  const units = over ? null : countdown(held.event.startsAt - serverTime(held, now));
  return (
    <>
      {units !== null && (
        <div className="countdown" role="timer" aria-label="Time until the start" aria-live="off">
          {units.map((unit) => (
            <span key={unit.name.replace(/s$/, "")} className="countdown-unit">
              <span className="figures">{unit.figures}</span> {unit.name}
            </span>
          ))}
        </div>
      )}
      {/* Always there: readers announce what comes into a live region, not one that comes with its words. */}
      <p role="status">{over ? "This event is over." : units === null && "The event is about to begin."}</p>
      {!over && (
        <p className="waiting-hint">Stay on this page. The picture starts by itself, even if the event begins early.</p>
      )}
    </>
  );
}
