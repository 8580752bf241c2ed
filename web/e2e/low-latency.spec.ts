import { LowLatencyOrigin } from "./support/low-latency";
import { Server } from "./support/server";
import { expect, test } from "./support/test";

// Three parts of 0.4 s that the origin asks to be kept, one that is being made, and what a loaded machine adds. Without
// low latency it would be three target durations of 2 s and the segment that is being made: 6 to 8 s.
const BEHIND_AT_MOST_S = 4;
const WATCHED_S = 10;

test("a low-latency stream is watched seconds behind the hall, through the edge's cache", async ({ arrive }) => {
  const origin = await LowLatencyOrigin.start();
  const server = await Server.start({ UPSTREAM_ALLOWED_HOSTS: "127.0.0.1" });
  try {
    const event = await server.admin.createEvent({ streamUrl: origin.url });
    const viewer = await arrive("/", server);
    await viewer.enter((await server.admin.createTicket(event)).code);
    await viewer.sees();
    await expect(viewer.page.getByText("LIVE", { exact: true })).toBeVisible();
    const begun = await viewer.time();
    await expect.poll(() => viewer.time(), { timeout: 60_000 }).toBeGreaterThan(begun + WATCHED_S);

    // What the viewer's browser has is what the origin had made a moment before, so that both clocks can be compared.
    const behind = (await viewer.buffered()) + origin.seconds - origin.servedSeconds;
    console.log(`${behind.toFixed(2)} s behind the hall; ${JSON.stringify(origin.asked)}`);
    expect(behind).toBeLessThan(BEHIND_AT_MOST_S);
    expect(origin.asked.blocking, "playlists that the origin holds back until there is news").toBeGreaterThan(10);
    expect(origin.asked.parts).toBeGreaterThan(20);
  } finally {
    await server.stop();
    await origin.stop();
  }
});
