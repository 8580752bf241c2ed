import { expect, it } from "vitest";
import { countdown } from "./countdown";

const text = (ms: number) => countdown(ms)?.map((unit) => `${unit.figures} ${unit.name}`);

it("leaves days out when there are none, and names one of a kind", () => {
  expect(text(3_661_000)).toEqual(["01 hour", "01 minute", "01 second"]);
  expect(text(2 * 86_400_000)).toEqual(["2 days", "00 hours", "00 minutes", "00 seconds"]);
});

it("counts the last second until the start, then is over", () => {
  expect(text(1)).toEqual(["00 hours", "00 minutes", "01 second"]);
  expect(countdown(0)).toBeNull();
});
