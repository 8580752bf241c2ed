import { expect, it } from "vitest";
import { type Playing, seekTarget, timeline } from "./timeline";

const window = { start: 100, end: 220, edge: 214, segmentSeconds: 2, startsAt: null };
const live: Playing = { time: 214, duration: Number.POSITIVE_INFINITY, live: true, window };
const recording: Playing = { time: 12, duration: 60, live: false, window: null };

it("tells nothing before the playlist did", () => {
  expect(timeline({ ...recording, live: null })).toBeNull();
});

it("a viewer who is a segment behind is still live, one who went back is not", () => {
  expect(timeline({ ...live, time: 212 })).toMatchObject({ atEdge: true });
  expect(timeline({ ...live, time: 154 })).toMatchObject({ atEdge: false, behind: 60, at: 154 });
});

it("a short live window offers nothing to seek in", () => {
  expect(timeline({ ...live, window: { ...window, start: 195 } })).toMatchObject({ seekable: false });
  expect(timeline(live)).toMatchObject({ seekable: true });
});

it("a seek to the start of a live window lands where the window will not leave it", () => {
  expect(seekTarget(0, live)).toBe(102);
  expect(seekTarget(1000, live)).toBe(214);
});

it("a seek in a recording stays inside", () => {
  expect(seekTarget(-5, recording)).toBe(0);
  expect(seekTarget(70, recording)).toBe(60);
});
