import { afterEach, expect, it, vi } from "vitest";
import type { EngineReport } from "./engine";
import { nativeEngine } from "./native-engine";
import { streamAddress } from "./stream-address";

/** As much of a media element as the engine touches. */
class Media extends EventTarget {
  src = "";
  currentTime = 0;
  duration = Number.NaN;
  readyState = 0;
  listeners = 0;
  pause = vi.fn();
  load = vi.fn();
  removeAttribute = vi.fn();

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }

  knows(duration: number): void {
    Object.assign(this, { duration, readyState: 1 });
    this.dispatchEvent(new Event("loadedmetadata"));
  }

  forgets(): void {
    Object.assign(this, { duration: Number.NaN, readyState: 0, currentTime: 0 });
  }
}

function playing() {
  const media = new Media();
  const reports: EngineReport[] = [];
  const session = { token: "one" };
  const engine = nativeEngine({
    video: media as unknown as HTMLVideoElement,
    address: streamAddress("https://edge.example", "/streams/e1/stream.m3u8", "e1", "https://page.example/"),
    token: () => session.token,
    carrier: "header",
    play: () => undefined,
    report: (report) => reports.push(report),
  });
  return { media, reports, session, engine };
}

afterEach(() => vi.unstubAllGlobals());

it("carries the token in the path, and goes on where it was with a new one, however often it loads", () => {
  const { media, session, engine } = playing();
  expect(media.src).toBe("https://edge.example/t/one/streams/e1/stream.m3u8");
  media.knows(50);
  media.currentTime = 20;
  session.token = "two";
  engine.tokenChanged();
  expect(media.src).toBe("https://edge.example/t/two/streams/e1/stream.m3u8");
  media.forgets();
  engine.retry();
  media.knows(50);
  expect(media.currentTime).toBe(20);
});

it("starts a live stream at its edge again", () => {
  const { media, engine } = playing();
  media.knows(Number.POSITIVE_INFINITY);
  media.currentTime = 20;
  engine.retry();
  media.forgets();
  media.knows(Number.POSITIVE_INFINITY);
  expect(media.currentTime).toBe(0);
});

it("asks the edge why a source broke, and believes no answer to an older token", async () => {
  const { media, reports, session } = playing();
  const body = JSON.stringify({ error: "Access denied", code: "ticket_revoked" });
  const asked = vi.fn(async () => new Response(body, { status: 403 }));
  vi.stubGlobal("fetch", asked);
  media.dispatchEvent(new Event("error"));
  session.token = "two";
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  media.dispatchEvent(new Event("error"));
  await vi.waitFor(() => expect(reports).toContainEqual({ type: "refused", code: "ticket_revoked" }));
  expect(reports.filter(({ type }) => type === "refused")).toHaveLength(1);
});

it("leaves nothing behind", () => {
  const { media, engine } = playing();
  engine.destroy();
  expect(media.listeners).toBe(0);
  expect(media.removeAttribute).toHaveBeenCalledWith("src");
  expect(media.load).toHaveBeenCalled();
});
