import { setTimeout as lasting } from "node:timers/promises";
import { Server } from "./support/server";
import { expect, test } from "./support/test";
import { endingIn } from "./support/token";

// `cargo xtask test --deep` sets the three minutes of the promise: longer than a session lives without a word.
const CUT_SECONDS = Number(process.env.STREAMGATE_CUT_SECONDS ?? 20);

test("a token that expires while the picture moves is renewed, and the picture goes on", async ({ arrive, live }) => {
  const { ticket } = await live();
  const viewer = await arrive();
  const { page } = viewer;
  // The platform mints tokens for an hour; this one ends in a moment, 5 s after the clock leeway at the edge.
  await page.route("**/api/tokens/validate", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, playbackToken: endingIn(body.playbackToken, 3) } });
  });
  const expired = page.waitForResponse((response) => response.status() === 403);
  const refreshed = page.waitForResponse("**/api/playback/refresh");
  await viewer.enter(ticket.code);
  await viewer.sees();
  expect(await (await expired).json()).toMatchObject({ code: "token_expired" });
  expect((await refreshed).status()).toBe(200);
  await viewer.sees();
  await expect(viewer.overlay).toHaveCount(0);
});

test("the whole program dies and comes back: the picture recovers, and nobody is called revoked", async ({
  arrive,
  live,
}) => {
  const server = await Server.start();
  try {
    const { ticket } = await live({}, server);
    const viewer = await arrive("/", server);
    await viewer.enter(ticket.code);
    await viewer.sees();
    await server.kill();
    await expect(viewer.page.getByText(/Reconnecting/)).toBeVisible({ timeout: 30_000 });
    await expect(viewer.overlay).toHaveCount(0);
    await server.up();
    await expect(viewer.page.getByText(/Reconnecting/)).toBeHidden({ timeout: 30_000 });
    await viewer.sees();
    await expect(viewer.overlay).toHaveCount(0);
  } finally {
    await server.stop();
  }
});

test(`the network is cut for ${CUT_SECONDS} s: the picture recovers by itself`, async ({ arrive, live }) => {
  test.setTimeout(120_000 + CUT_SECONDS * 1000);
  const { ticket } = await live();
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.context.setOffline(true);
  const over = lasting(CUT_SECONDS * 1000);
  await expect(viewer.page.getByText(/Reconnecting/)).toBeVisible({ timeout: 30_000 });
  await over;
  await expect(viewer.overlay, "nobody is sent away because of a network").toHaveCount(0);
  await viewer.context.setOffline(false);
  await expect(viewer.page.getByText(/Reconnecting|Still no connection/)).toHaveCount(0, { timeout: 45_000 });
  await viewer.sees();
  await expect(viewer.overlay).toHaveCount(0);
  expect(await viewer.validateElsewhere(ticket.code), "the session is held again").toBe(409);
});

test("the platform restarts, then the edge: the picture outlives the one and comes back after the other", async ({
  arrive,
  encode,
}) => {
  const { platform, edge } = await Server.apart();
  try {
    const event = await platform.admin.createEvent();
    await encode(edge.folder(event.id));
    const ticket = await platform.admin.createTicket(event);
    const viewer = await arrive("/", platform);
    const { page } = viewer;
    await viewer.enter(ticket.code);
    await viewer.sees();

    await platform.kill();
    const unheard = page.waitForEvent("requestfailed", (request) => request.url().includes("/api/playback/"));
    // What a browser says when its network changes: the page asks the platform at once how its session is.
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await unheard;
    await viewer.sees();
    await expect(page.getByText(/Reconnecting/)).toHaveCount(0);
    await platform.up();

    await edge.kill();
    await expect(page.getByText(/Reconnecting/)).toBeVisible({ timeout: 30_000 });
    await edge.up();
    await expect(page.getByText(/Reconnecting|Still no connection/)).toHaveCount(0, { timeout: 45_000 });
    await viewer.sees();
    await expect(viewer.overlay).toHaveCount(0);
  } finally {
    await edge.stop();
    await platform.stop();
  }
});
