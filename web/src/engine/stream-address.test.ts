import { describe, expect, it } from "vitest";
import { pathInStream, streamAddress, withPathToken } from "./stream-address";

const own = streamAddress("", "/streams/e1/stream.m3u8", "e1", "https://tickets.example/watch?x=1");
const edge = streamAddress("https://edge.example/hls/", "/streams/e1/stream.m3u8", "e1", "https://tickets.example/");

describe("the address of a stream", () => {
  it("is on the page's own origin when the platform names no other", () => {
    expect(own.playlist).toBe("https://tickets.example/streams/e1/stream.m3u8");
    expect(edge.playlist).toBe("https://edge.example/hls/streams/e1/stream.m3u8");
  });

  it("is recognized when the setting writes host and port otherwise than browsers do", () => {
    const address = streamAddress(
      "https://Edge.Example:443/",
      "/streams/e1/stream.m3u8",
      "e1",
      "https://page.example/",
    );
    expect(pathInStream(address, "https://edge.example/streams/e1/a.ts")).toBe("a.ts");
  });

  it("knows the requests that belong to the event", () => {
    expect(pathInStream(edge, "https://edge.example/hls/streams/e1/720p/seg_1.ts?x=1")).toBe("720p/seg_1.ts?x=1");
    expect(pathInStream(edge, "https://edge.example/hls/t/old/streams/e1/720p/seg_1.ts")).toBe("720p/seg_1.ts");
  });

  it.each([
    "https://edge.example/streams/e1/seg.ts",
    "https://edge.example/hls/streams/e2/seg.ts",
    "https://edge.example/hls/streams/e1/../e2/seg.ts",
    "https://edge.example/hls/streams/e1",
    "https://edge.example.evil.example/hls/streams/e1/seg.ts",
    "https://other.example/hls/streams/e1/seg.ts",
    "http://edge.example/hls/streams/e1/seg.ts",
    "data:text/plain,x",
    "no address",
  ])("gives no token to %s", (url) => {
    expect(pathInStream(edge, url)).toBeNull();
    expect(withPathToken(edge, url, "secret")).toBe(url);
  });

  it("puts the newest token into the path, in place of an older one", () => {
    const with2 = "https://edge.example/hls/t/two/streams/e1/a/b.ts";
    expect(withPathToken(edge, "https://edge.example/hls/streams/e1/a/b.ts", "two")).toBe(with2);
    expect(withPathToken(edge, "https://edge.example/hls/t/one/streams/e1/a/b.ts", "two")).toBe(with2);
  });
});
