import { Server } from "./support/server";
import { expect, test } from "./support/test";
import { endingIn } from "./support/token";

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
