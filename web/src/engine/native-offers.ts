/** What a browser that plays HLS by itself offers: captions and audio tracks. The quality is its own affair. */
import { type LiveWindow, nothing, type OfferKind, type Offers } from "./offers";

interface AudioTrack {
  label: string;
  language: string;
  enabled: boolean;
}

// A guess that holds for every stream that native players are given: three segments of two seconds.
const SEGMENT_SECONDS = 2;

const captionTracks = (video: HTMLVideoElement) =>
  Array.from(video.textTracks ?? []).filter(({ kind }) => kind === "subtitles" || kind === "captions");

function audioTracks(video: HTMLVideoElement): AudioTrack[] {
  const tracks: unknown = Reflect.get(video, "audioTracks");
  return tracks === undefined || tracks === null ? [] : Array.from(tracks as ArrayLike<AudioTrack>);
}

export function nativeOffers(video: HTMLVideoElement): Offers {
  const audios = audioTracks(video);
  const captions = captionTracks(video);
  return {
    ...nothing,
    audios: audios.map(({ label, language }, id) => ({ id, name: label || language || `Sound ${id + 1}` })),
    audio: audios.findIndex(({ enabled }) => enabled),
    captions: captions.map(({ label, language }, id) => ({ id, name: label || language || `Captions ${id + 1}` })),
    caption: captions.findIndex(({ mode }) => mode !== "disabled"),
  };
}

export function chooseNatively(video: HTMLVideoElement, kind: OfferKind, id: number): void {
  if (kind === "audio") {
    for (const [index, track] of audioTracks(video).entries()) track.enabled = index === id;
  } else if (kind === "caption") {
    // Hidden and not showing: the page draws the cues.
    for (const [index, track] of captionTracks(video).entries()) track.mode = index === id ? "hidden" : "disabled";
  }
}

export function nativeWindow(video: HTMLVideoElement): LiveWindow | null {
  const { seekable } = video;
  if (video.duration !== Number.POSITIVE_INFINITY || seekable.length === 0) return null;
  const start = seekable.start(0);
  const end = seekable.end(seekable.length - 1);
  return {
    start,
    end,
    edge: Math.max(start, end - 3 * SEGMENT_SECONDS),
    segmentSeconds: SEGMENT_SECONDS,
    startsAt: null,
  };
}
