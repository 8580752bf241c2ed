/**
 * Keeps the captions that hls.js reads in text tracks of our own.
 *
 * Left to itself hls.js makes `<track src="data:...">`, which the page's policy rightly refuses.
 */
import Hls from "hls.js";

export function keepCaptions(hls: Hls, video: HTMLVideoElement): void {
  const tracks = new Map<number, TextTrack>();

  function trackOf(id: number): TextTrack | null {
    const known = tracks.get(id);
    if (known !== undefined) return known;
    const offered = hls.subtitleTracks[id];
    if (offered === undefined) return null;
    const label = offered.name;
    const language = offered.lang ?? "";
    // Tracks cannot be taken off an element: an engine that follows another finds that one's, emptied.
    const left = Array.from(video.textTracks).find((track) => track.label === label && track.language === language);
    const track = left ?? video.addTextTrack("subtitles", label, language);
    tracks.set(id, track);
    return track;
  }

  hls.on(Hls.Events.SUBTITLE_TRACK_SWITCH, (_, { id }) => {
    if (id >= 0) trackOf(id);
    for (const [each, track] of tracks) track.mode = each === id ? "hidden" : "disabled";
  });
  hls.on(Hls.Events.CUES_PARSED, (_, { type, cues, track: name }) => {
    if (type !== "subtitles") return;
    const id =
      name === "default" ? hls.subtitleTracks.findIndex((each) => each.default) : Number(name.slice(type.length));
    const track = trackOf(id);
    if (track === null) return;
    for (const cue of cues as VTTCue[]) if (!holds(track, cue)) track.addCue(cue);
  });
  hls.on(Hls.Events.DESTROYING, () => {
    for (const track of tracks.values()) {
      for (const cue of Array.from(track.cues ?? [])) track.removeCue(cue);
      track.mode = "disabled";
    }
  });
}

/** Captions that span two segments are in both. */
function holds(track: TextTrack, { startTime, endTime, text }: VTTCue): boolean {
  return Array.from(track.cues ?? []).some(
    (cue) => cue instanceof VTTCue && cue.startTime === startTime && cue.endTime === endTime && cue.text === text,
  );
}
