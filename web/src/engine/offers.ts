/** What a stream offers beside its picture, and what can be reached of a live one. */

export interface Quality {
  id: number;
  /** Pixels; 0 when the playlist does not say. */
  height: number;
  bitsPerSecond: number;
}

export interface Track {
  id: number;
  name: string;
}

export interface Offers {
  qualities: Quality[];
  /** -1: the player chooses by itself. */
  quality: number;
  /** Which quality is being played; -1 until that is known. */
  playing: number;
  audios: Track[];
  audio: number;
  captions: Track[];
  /** -1: none. */
  caption: number;
}

export type OfferKind = "quality" | "audio" | "caption";

export const nothing: Offers = {
  qualities: [],
  quality: -1,
  playing: -1,
  audios: [],
  audio: -1,
  captions: [],
  caption: -1,
};

/** The part of a live stream that can be played, in the video element's seconds. */
export interface LiveWindow {
  start: number;
  end: number;
  /** Where "go live" leads: as near to the end as the stream can be played without running dry. */
  edge: number;
  segmentSeconds: number;
  /** The wall clock's time at `start`, Unix milliseconds, when the encoder tells. */
  startsAt: number | null;
}
