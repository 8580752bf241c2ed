/** Plays with the browser's own HLS, which can carry a token only in the path. */
import { askEdge } from "./edge-check";
import type { Engine, EngineOptions } from "./engine";
import { withPathToken } from "./stream-address";

export function nativeEngine(options: EngineOptions): Engine {
  const { video, report } = options;
  let destroyed = false;
  const source = () => withPathToken(options.address, options.address.playlist, options.token());

  function load(): void {
    // A recording goes on where it was; a live stream at its edge.
    const position = Number.isFinite(video.duration) ? video.currentTime : 0;
    video.src = source();
    if (position > 0) video.addEventListener("loadedmetadata", () => (video.currentTime = position), { once: true });
    options.play();
  }

  const onData = () => report({ type: "flowing" });
  const onDuration = () => report({ type: "live", live: video.duration === Number.POSITIVE_INFINITY });
  const onError = () => void explain();

  // A media element tells no status codes: the edge is asked what it was.
  async function explain(): Promise<void> {
    const answer = await askEdge({ url: source(), headers: {} });
    if (destroyed) return;
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

  video.addEventListener("loadeddata", onData);
  video.addEventListener("durationchange", onDuration);
  video.addEventListener("error", onError);
  load();

  return {
    retry: load,
    suspend: () => video.pause(),
    tokenChanged: load,
    destroy() {
      destroyed = true;
      video.removeEventListener("loadeddata", onData);
      video.removeEventListener("durationchange", onDuration);
      video.removeEventListener("error", onError);
      video.removeAttribute("src");
      video.load();
    },
  };
}
