/** Says to those who do not see it what the picture does. */
import { useEffect, useState } from "react";
import type { VideoState } from "./use-video";

// A pause that nobody would have noticed needs no words.
const BUFFERING_SAID_AFTER_MS = 2000;

export function PlayerStatus({ live, video }: { live: boolean | null; video: VideoState }) {
  const long = useLasting(video.buffering, BUFFERING_SAID_AFTER_MS);
  return (
    <div role="status" className="visually-hidden">
      {spoken(live, video, long)}
    </div>
  );
}

function spoken(live: boolean | null, { buffering, ended, paused }: VideoState, long: boolean): string {
  if (ended) return "The end has been reached";
  if (buffering) return long ? "Buffering" : "";
  if (live === null) return "";
  if (paused) return "Paused";
  return live ? "Playing live" : "Playing the recording";
}

/** Whether `value` has been true for a while. */
function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!value) return;
    const timer = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [value, ms]);
  return lasting && value;
}
