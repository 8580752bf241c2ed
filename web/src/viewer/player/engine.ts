/** What plays the stream: hls.js where the browser has media sources, the browser itself elsewhere. */
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
}

export interface Engine {
  /** Loads again: after trouble, after a refusal that turned out to be none, or with a session claimed anew. */
  retry(): void;
  /** Stops picture and loading until `retry`. */
  suspend(): void;
  tokenChanged(): void;
  destroy(): void;
}

export const hasMediaSource = () => "MediaSource" in window || "ManagedMediaSource" in window;

export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (hasMediaSource()) return (await import("./hls-engine")).hlsEngine(options);
  return (await import("./native-engine")).nativeEngine(options);
}
