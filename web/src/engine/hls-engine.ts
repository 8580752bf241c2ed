/** Plays with hls.js. Its own retries are few and short: attempts that take longer are the session's, and visible. */
import Hls, { type ErrorData, type HlsConfig, type LoadPolicy, type RetryConfig } from "hls.js";
import workerPath from "hls.js/dist/hls.worker.js?url";
import { isRefusal, refusalCode } from "./edge-check";
import type { Engine, EngineOptions } from "./engine";
import { keepCaptions } from "./hls-captions";
import { choose, liveWindow, watchOffers } from "./hls-offers";
import { pathInStream, withPathToken } from "./stream-address";

/** Has the worker's file at hand before the first segment wants it. */
export const preloadWorker = () => fetch(workerPath);

const MEDIA_RECOVERIES_MAX = 2;

export function hlsEngine(options: EngineOptions): Engine {
  const { video, report } = options;
  let mediaRecoveries = 0;
  // What the present instance can be asked to do: load the source, go on loading, or be replaced.
  let condition: "empty" | "loaded" | "broken" = "empty";
  let loading = true;
  let live = true;
  // Which token each request carried: a refusal of an older one says nothing about the present one.
  const carried = new WeakMap<object, string>();
  let hls = build(-1);

  function build(startPosition: number): Hls {
    const made = new Hls({
      ...config(options, (xhr, token) => carried.set(xhr, token)),
      startPosition,
    });
    made.on(Hls.Events.MANIFEST_PARSED, () => {
      condition = "loaded";
      options.play();
    });
    made.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      live = details.live;
      report({ type: "live", live });
      options.window?.(liveWindow(made, details));
    });
    keepCaptions(made, video);
    if (options.offers !== undefined) watchOffers(made, options.offers);
    made.on(Hls.Events.FRAG_BUFFERED, () => {
      // What was on its way when the trouble began does not end it: nothing more would come.
      if (loading) report({ type: "flowing" });
    });
    for (const event of [Hls.Events.MANIFEST_LOADED, Hls.Events.LEVEL_LOADED, Hls.Events.FRAG_LOADED] as const) {
      made.on(event, () => report({ type: "answered" }));
    }
    made.on(Hls.Events.ERROR, (_, data) => onError(data));
    made.attachMedia(video);
    made.loadSource(options.address.playlist);
    return made;
  }

  function onError(data: ErrorData): void {
    const status = data.response?.code ?? 0;
    if (status > 0) report({ type: "answered" });
    const isNetwork = data.type === Hls.ErrorTypes.NETWORK_ERROR;
    if (isNetwork && isRefusal(status)) onRefusal(data);
    // hls.js waits in silence while the browser says that it is offline; the session says so, and tries when it is not.
    else if (data.fatal || (isNetwork && status === 0 && !navigator.onLine)) onFatal(data, status);
  }

  function stop(): void {
    loading = false;
    hls.stopLoad();
  }

  function onFatal(data: ErrorData, status: number): void {
    stop();
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
      report(status === 404 && isPlaylist(data) ? { type: "missing" } : trouble(data));
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mediaRecoveries < MEDIA_RECOVERIES_MAX) {
      mediaRecoveries += 1;
      hls.recoverMediaError();
      loading = true;
      hls.startLoad();
    } else {
      condition = "broken";
      report(trouble(data));
    }
  }

  function onRefusal(data: ErrorData): void {
    if (isStale(data.networkDetails)) {
      if (loading) load();
      return;
    }
    const code = refusalCode(bodyOf(data.networkDetails));
    stop();
    // A token that grew old is renewed while the buffer plays on; anything else stops the picture before anybody is asked.
    if (code !== "token_expired") video.pause();
    report({ type: "refused", code });
  }

  function isStale(request: unknown): boolean {
    const token = typeof request === "object" && request !== null ? carried.get(request) : undefined;
    return token !== undefined && token !== options.token();
  }

  function load(): void {
    loading = true;
    if (condition === "broken") {
      // A recording goes on where it was; a live stream at its edge.
      const position = live ? -1 : video.currentTime;
      hls.destroy();
      condition = "empty";
      mediaRecoveries = 0;
      hls = build(position);
    } else if (condition === "loaded") {
      hls.startLoad();
      options.play();
    } else {
      hls.loadSource(options.address.playlist);
    }
  }

  return {
    retry: load,
    suspend() {
      stop();
      video.pause();
    },
    loading: () => loading,
    tokenChanged() {
      // Every request asks for the present token by itself.
    },
    choose: (kind, id) => choose(hls, kind, id),
    destroy: () => hls.destroy(),
  };
}

function config(options: EngineOptions, carries: (xhr: object, token: string) => void): Partial<HlsConfig> {
  const { address, carrier, token } = options;
  const defaults = Hls.DefaultConfig;
  return {
    workerPath,
    renderTextTracksNatively: false,
    // The first segment is asked for while the element is being attached, and shown: none is loaded only to be measured.
    startFragPrefetch: true,
    testBandwidth: false,
    // No maximum latency, which would drag somebody back who rewinds a live stream.
    capLevelToPlayerSize: true,
    backBufferLength: 90,
    // A low-latency stream catches up so gently that music keeps its pitch; without parts nothing changes.
    maxLiveSyncPlaybackRate: 1.03,
    manifestLoadPolicy: policy(defaults.manifestLoadPolicy, playlistRetry),
    playlistLoadPolicy: policy(defaults.playlistLoadPolicy, playlistRetry),
    fragLoadPolicy: policy(defaults.fragLoadPolicy, segmentRetry),
    keyLoadPolicy: policy(defaults.keyLoadPolicy, playlistRetry),
    xhrSetup(xhr, url) {
      if (pathInStream(address, url) === null) return;
      carries(xhr, token());
      if (carrier === "path") {
        xhr.open("GET", withPathToken(address, url, token()), true);
      } else {
        xhr.open("GET", url, true);
        xhr.setRequestHeader("Authorization", `Bearer ${token()}`);
      }
    },
  };
}

const playlistRetry: RetryConfig = {
  maxNumRetry: 2,
  retryDelayMs: 500,
  maxRetryDelayMs: 2000,
  shouldRetry: (retry, count, isTimeout, response) =>
    count < (retry?.maxNumRetry ?? 0) && (isTimeout || isOutage(response?.code)),
};

// A live playlist may name a segment a moment before the edge has it.
const segmentRetry: RetryConfig = {
  ...playlistRetry,
  shouldRetry: (retry, count, isTimeout, response) =>
    count < (retry?.maxNumRetry ?? 0) && (isTimeout || isOutage(response?.code) || response?.code === 404),
};

const isOutage = (status: number | undefined) => status === undefined || status === 0 || status >= 500;

/** Whole policies only: hls.js does not fill in the fields that a partial one leaves out. */
const policy = (defaults: LoadPolicy, errorRetry: RetryConfig): LoadPolicy => ({
  default: { ...defaults.default, errorRetry, timeoutRetry: { ...errorRetry, maxNumRetry: 1 } },
});

const playlistErrors: readonly string[] = [
  Hls.ErrorDetails.MANIFEST_LOAD_ERROR,
  Hls.ErrorDetails.LEVEL_LOAD_ERROR,
  Hls.ErrorDetails.AUDIO_TRACK_LOAD_ERROR,
];

const isPlaylist = (data: ErrorData) => playlistErrors.includes(data.details);

function trouble(data: ErrorData): { type: "trouble"; retryAfterSeconds: number | null } {
  const header = data.networkDetails instanceof XMLHttpRequest ? retryAfter(data.networkDetails) : null;
  const seconds = Number.parseInt(header ?? "", 10);
  return { type: "trouble", retryAfterSeconds: Number.isFinite(seconds) ? seconds : null };
}

// A foreign edge exposes Retry-After; without an answer there are no headers at all.
const retryAfter = (xhr: XMLHttpRequest) => (xhr.status > 0 ? xhr.getResponseHeader("Retry-After") : null);

function bodyOf(details: unknown): string {
  if (!(details instanceof XMLHttpRequest)) return "";
  const body: unknown = details.response;
  if (body instanceof ArrayBuffer) return new TextDecoder().decode(body);
  return typeof body === "string" ? body : "";
}
