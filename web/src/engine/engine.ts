/** What plays the stream: hls.js where the browser has media sources, the browser itself elsewhere. */
import type { LiveWindow, OfferKind, Offers } from "./offers";
import type { StreamAddress } from "./stream-address";

export type EngineReport =
  /** The edge answered something, so that no check is due. */
  | { type: "answered" }
  | { type: "flowing" }
  | { type: "refused"; code: string }
  | { type: "missing" }
  | { type: "trouble"; retryAfterSeconds: number | null }
  | { type: "live"; live: boolean };

export interface EngineOptions {
  video: HTMLVideoElement;
  address: StreamAddress;
  /** The present playback token; it changes with every refresh. */
  token(): string;
  carrier: "header" | "path";
  /** Plays if the viewer wants it to play. */
  play(): void;
  report(report: EngineReport): void;
  /** What can be chosen changed, or what is chosen. */
  offers?(offers: Offers): void;
  /** What can be reached of a live stream moved on; null for a recording. */
  window?(window: LiveWindow | null): void;
}

export interface Engine {
  /** Loads again: after trouble, after a refusal that turned out to be none, or with a session claimed anew. */
  retry(): void;
  /** Stops picture and loading until `retry`. */
  suspend(): void;
  tokenChanged(): void;
  /** Whether the engine asks the edge for what comes next; not so after trouble, a refusal or `suspend`, until `retry`. */
  loading(): boolean;
  choose(kind: OfferKind, id: number): void;
  destroy(): void;
}

export const hasMediaSource = () => "MediaSource" in window || "ManagedMediaSource" in window;

/** Returns null when the engine is no longer wanted by the time that its files have come. */
export async function createEngine(options: EngineOptions, wanted: () => boolean): Promise<Engine | null> {
  if (hasMediaSource()) {
    const { hlsEngine } = await import("./hls-engine");
    return wanted() ? hlsEngine(options) : null;
  }
  const { nativeEngine } = await import("./native-engine");
  return wanted() ? nativeEngine(options) : null;
}
