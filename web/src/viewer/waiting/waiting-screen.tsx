/** The room before the picture: what will be shown and when, by the server's clock. The picture starts by itself. */
import { useEffect, useRef, useState } from "react";
import { BackIcon, CalendarIcon, PlayCircleIcon } from "../../ui/icons";
import { Mark } from "../../ui/mark";
import { Backdrop } from "../backdrop";
import type { ViewerConfig } from "../config";
import { MoreText } from "../more-text";
import { preloadPlayerWhenIdle } from "../preload";
import type { Held } from "../session/model";
import { serverTime } from "../session/timing";
import { useNow } from "../use-now";
import { announcement, countdown } from "./countdown";
import "../ended.css";
import "./waiting.css";

export interface WaitingScreenProps {
  config: ViewerConfig;
  held: Held;
  onLeave: () => void;
}

export function WaitingScreen({ config, held, onLeave }: WaitingScreenProps) {
  const now = useNow();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(preloadPlayerWhenIdle, []);
  useEffect(() => {
    // A new screen begins at its top, wherever the one before was scrolled to.
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  const { event } = held;
  // The start is the server's time; this device's clock, right or wrong, is what the viewer reads.
  const day = new Intl.DateTimeFormat(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
  }).format(event.startsAt);
  return (
    <main className="waiting">
      <Backdrop posterUrl={event.posterUrl} />
      <header className="waiting-header">
        <button type="button" className="icon-button" aria-label="Back" onClick={onLeave}>
          <BackIcon />
        </button>
        <Mark />
        <span>{config.appName}</span>
      </header>
      <div className="waiting-text">
        <h1 ref={heading} tabIndex={-1}>
          {event.title}
        </h1>
        <p className="waiting-date">
          <CalendarIcon />
          <span>
            {day}
            <small>Your local time ({zoneName(event.startsAt)})</small>
          </span>
        </p>
        <MoreText text={event.description} lines={6} />
      </div>
      <Poster url={event.posterUrl} />
      <Countdown held={held} now={now} />
    </main>
  );
}

const zoneName = (at: number) =>
  new Intl.DateTimeFormat(undefined, { timeZoneName: "short" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value ?? "";

/** Without a picture the space keeps its light: nothing jumps when one cannot be loaded. */
function Poster({ url }: { url: string | null }) {
  const [broken, setBroken] = useState(false);
  if (url === null || broken) {
    return (
      <div className="poster empty" aria-hidden="true">
        <Mark size={72} />
      </div>
    );
  }
  return <img className="poster" src={url} alt="" referrerPolicy="no-referrer" onError={() => setBroken(true)} />;
}

function Countdown({ held, now }: { held: Held; now: number }) {
  const over = held.status === "ended";
  const left = held.event.startsAt - serverTime(held, now);
  const units = over ? null : countdown(left);
  return (
    <div className="waiting-foot">
      <div>
        {units !== null && (
          <>
            <p className="countdown-label">Starts in</p>
            <div className="countdown" role="timer" aria-label="Time until the start" aria-live="off">
              {units.map((unit) => (
                <span key={unit.name.replace(/s$/, "")} className="countdown-unit">
                  <span className="figures">{unit.figures}</span> {unit.name}
                </span>
              ))}
            </div>
          </>
        )}
        {/* Always there: readers announce what comes into a live region, not one that comes with its words. */}
        <p role="status" className={units === null ? "waiting-state" : "visually-hidden"}>
          {over && "This event is over."}
          {!over && units === null && (
            <>
              <span className="spinner small" aria-hidden="true" /> The event is about to begin.
            </>
          )}
          {!over && units !== null && announcement(left)}
        </p>
      </div>
      {!over && (
        <p className="waiting-hint">
          <PlayCircleIcon />
          <span>Stay on this page. The picture starts by itself, even if the event begins early.</span>
        </p>
      )}
    </div>
  );
}
