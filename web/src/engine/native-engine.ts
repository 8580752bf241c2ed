/** Plays with the browser's own HLS, which can carry a token only in the path. */
import { askEdge } from "./edge-check";
import type { Engine, EngineOptions } from "./engine";
import { chooseNatively, nativeOffers, nativeWindow } from "./native-offers";
import { withPathToken } from "./stream-address";

export function nativeEngine(options: EngineOptions): Engine {
  const { video, report } = options;
  let destroyed = false;
  let loading = false;
  /** Where a recording goes on once its new source is known. */
  let resumeAt = 0;
  const source = () => withPathToken(options.address, options.address.playlist, options.token());

  function load(): void {
    // A recording goes on where it was; a live stream at its edge.
    if (video.readyState > 0) resumeAt = Number.isFinite(video.duration) ? video.currentTime : 0;
    loading = true;
    video.src = source();
    options.play();
  }

  const onMetadata = () => {
    if (resumeAt > 0) video.currentTime = resumeAt;
    resumeAt = 0;
    options.offers?.(nativeOffers(video));
  };
  const onData = () => report({ type: "flowing" });
  const onDuration = () => report({ type: "live", live: video.duration === Number.POSITIVE_INFINITY });
  const onError = () => {
    loading = false;
    void explain();
  };

  // A media element tells no status codes: the edge is asked what it was.
  async function explain(): Promise<void> {
    const asked = source();
    const answer = await askEdge({ url: asked, headers: {} });
    // The token was renewed meanwhile, and the source with it.
    if (destroyed || asked !== source()) return;
    switch (answer.kind) {
      case "refused":
        report({ type: "refused", code: answer.code });
        return;
      case "missing":
        report({ type: "missing" });
        return;
      case "ok":
      case "trouble":
        report({ type: "trouble", retryAfterSeconds: null });
    }
  }

  const onTime = () => options.window?.(nativeWindow(video));
  const onTracks = () => options.offers?.(nativeOffers(video));
  video.addEventListener("timeupdate", onTime);
  video.textTracks?.addEventListener("addtrack", onTracks);
  video.textTracks?.addEventListener("change", onTracks);
  video.addEventListener("loadedmetadata", onMetadata);
  video.addEventListener("loadeddata", onData);
  video.addEventListener("durationchange", onDuration);
  video.addEventListener("error", onError);
  load();

  return {
    retry: load,
    suspend() {
      loading = false;
      video.pause();
    },
    tokenChanged: load,
    loading: () => loading,
    choose(kind, id) {
      chooseNatively(video, kind, id);
      onTracks();
    },
    destroy() {
      destroyed = true;
      video.removeEventListener("timeupdate", onTime);
      video.textTracks?.removeEventListener("addtrack", onTracks);
      video.textTracks?.removeEventListener("change", onTracks);
      video.removeEventListener("loadedmetadata", onMetadata);
      video.removeEventListener("loadeddata", onData);
      video.removeEventListener("durationchange", onDuration);
      video.removeEventListener("error", onError);
      video.removeAttribute("src");
      video.load();
    },
  };
}
