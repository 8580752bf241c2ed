/** Captions, drawn by the page so that they rise above the controls and read the same in every browser. */
import { type RefObject, useEffect, useState } from "react";

export function Captions({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const lines = useCues(video);
  if (lines.length === 0) return null;
  return (
    <div className="captions">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

function useCues(ref: RefObject<HTMLVideoElement | null>): string[] {
  const [lines, setLines] = useState<string[]>([]);
  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    const tracks = video.textTracks;
    const read = () => setLines(activeLines(tracks));
    const watch = () => {
      for (const track of tracks) track.addEventListener("cuechange", read);
      read();
    };
    // A phone's own full screen shows nothing of the page: there the system draws them.
    const mode = (from: TextTrackMode, to: TextTrackMode) => () => {
      for (const track of tracks) if (track.mode === from) track.mode = to;
    };
    const begin = mode("hidden", "showing");
    const end = mode("showing", "hidden");
    tracks.addEventListener("addtrack", watch);
    tracks.addEventListener("change", read);
    video.addEventListener("webkitbeginfullscreen", begin);
    video.addEventListener("webkitendfullscreen", end);
    watch();
    return () => {
      tracks.removeEventListener("addtrack", watch);
      tracks.removeEventListener("change", read);
      for (const track of tracks) track.removeEventListener("cuechange", read);
      video.removeEventListener("webkitbeginfullscreen", begin);
      video.removeEventListener("webkitendfullscreen", end);
    };
  }, [ref]);
  return lines;
}

function activeLines(tracks: TextTrackList): string[] {
  const lines: string[] = [];
  for (const track of tracks) {
    if (track.mode !== "hidden" || (track.kind !== "subtitles" && track.kind !== "captions")) continue;
    for (const cue of track.activeCues ?? []) {
      // The text without its markup, which could be anything.
      if (cue instanceof VTTCue) lines.push(...(cue.getCueAsHTML().textContent ?? "").split("\n"));
    }
  }
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ""))];
}
