/** Reads from hls.js what a stream offers, and tells it what was chosen. */
import Hls, { type LevelDetails } from "hls.js";
import type { LiveWindow, OfferKind, Offers } from "./offers";

const CHANGES = [
  Hls.Events.MANIFEST_PARSED,
  Hls.Events.LEVELS_UPDATED,
  Hls.Events.LEVEL_SWITCHED,
  Hls.Events.AUDIO_TRACKS_UPDATED,
  Hls.Events.AUDIO_TRACK_SWITCHED,
  Hls.Events.SUBTITLE_TRACKS_UPDATED,
  Hls.Events.SUBTITLE_TRACK_SWITCH,
] as const;

export function watchOffers(hls: Hls, report: (offers: Offers) => void): void {
  // Captions are drawn by the page, above its controls; the browser only keeps the cues.
  hls.subtitleDisplay = false;
  for (const event of CHANGES) hls.on(event, () => report(offers(hls)));
}

function offers(hls: Hls): Offers {
  return {
    qualities: hls.levels.map(({ height, bitrate }, id) => ({ id, height, bitsPerSecond: bitrate })),
    quality: hls.autoLevelEnabled ? -1 : hls.nextLevel,
    playing: hls.currentLevel,
    audios: hls.audioTracks.map(({ name, lang }, id) => ({ id, name: name || lang || `Sound ${id + 1}` })),
    audio: hls.audioTrack,
    captions: hls.subtitleTracks.map(({ name, lang }, id) => ({ id, name: name || lang || `Captions ${id + 1}` })),
    caption: hls.subtitleTrack,
  };
}

export function choose(hls: Hls, kind: OfferKind, id: number): void {
  if (kind === "quality") hls.nextLevel = id;
  else if (kind === "audio") hls.audioTrack = id;
  else hls.subtitleTrack = id;
}

/** From the playlist and not from the element: its seekable range is stuck while nothing is buffered. */
export function liveWindow(hls: Hls, details: LevelDetails): LiveWindow | null {
  if (!details.live) return null;
  const end = details.edge;
  return {
    start: details.fragmentStart,
    end,
    edge: hls.liveSyncPosition ?? Math.max(details.fragmentStart, end - 3 * details.targetduration),
    segmentSeconds: details.targetduration,
    startsAt: details.fragments[0]?.programDateTime ?? null,
  };
}
