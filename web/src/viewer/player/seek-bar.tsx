/** The seek bar: what was seen, what is buffered, and under the pointer what is there. */
import { type CSSProperties, type PointerEvent, useState } from "react";
import type { LiveWindow } from "../../engine/offers";
import { clockText, spokenTime } from "./time-text";
import type { Timeline } from "./timeline";

export interface SeekBarProps {
  line: Timeline;
  window: LiveWindow | null;
  buffered: number;
  onSeek: (seconds: number) => void;
}

const THUMB = 16;

export function SeekBar({ line, window, buffered, onSeek }: SeekBarProps) {
  const [hover, setHover] = useState<{ x: number; width: number } | null>(null);
  const length = Math.max(line.end - line.start, 0.001);
  const share = (seconds: number) => Math.min(1, Math.max(0, (seconds - line.start) / length));
  const style = { "--played": share(line.at), "--buffered": share(buffered) } as CSSProperties;
  const live = line.kind === "live";

  function onMove(event: PointerEvent<HTMLDivElement>) {
    // A finger covers what it points at, and moves the thumb itself.
    if (event.pointerType === "touch") return;
    const box = event.currentTarget.getBoundingClientRect();
    setHover({ x: event.clientX - box.left, width: box.width });
  }

  return (
    <div className={`seek-area ${live ? "live" : ""}`} onPointerMove={onMove} onPointerLeave={() => setHover(null)}>
      {hover !== null && (
        <>
          <span className="seek-tick" style={{ left: hover.x }} aria-hidden="true" />
          <span className="seek-tip" style={{ left: hover.x }} aria-hidden="true">
            {tip(hover, line, length, window)}
          </span>
        </>
      )}
      <input
        className="seek"
        style={style}
        type="range"
        min={line.start}
        max={line.end}
        step={live ? "any" : 1}
        value={line.at}
        aria-label="Position"
        aria-valuetext={spoken(line)}
        onChange={(event) => onSeek(event.target.valueAsNumber)}
      />
    </div>
  );
}

function spoken(line: Timeline): string {
  if (line.kind === "recording") return `${spokenTime(line.at)} of ${spokenTime(line.end)}`;
  return line.atEdge ? "live" : `${spokenTime(line.behind)} behind live`;
}

function tip(hover: { x: number; width: number }, line: Timeline, length: number, window: LiveWindow | null) {
  const ratio = Math.min(1, Math.max(0, (hover.x - THUMB / 2) / (hover.width - THUMB)));
  const seconds = line.start + ratio * length;
  if (line.kind === "recording") return clockText(seconds);
  const clock = window === null || window.startsAt === null ? null : window.startsAt + (seconds - window.start) * 1000;
  return (
    <>
      −{clockText(line.end - seconds)}
      {clock !== null && <small>{timeOfDay(clock)}</small>}
    </>
  );
}

const timeOfDay = (at: number) => new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(at);
