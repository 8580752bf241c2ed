import { expect, test } from "./support/test";

// The promise is 4 s from the organizer's word to the stopped picture.
const STOPPED_WITHIN = { timeout: 4000 };

test("revoked while live: the picture stops within 4 s", async ({ arrive, live, server }) => {
  const { ticket } = await live();
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await server.admin.revoke(ticket);
  await expect(viewer.overlay).toContainText("Your access has been revoked", STOPPED_WITHIN);
  await expect(viewer.video).toHaveCount(0);
});

test("revoked with a long buffer: the picture stops within 4 s", async ({ arrive, recording, server }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await expect.poll(() => viewer.buffered(), { message: "a long buffer" }).toBeGreaterThan(15);
  await server.admin.revoke(ticket);
  await expect(viewer.overlay).toContainText("Your access has been revoked", STOPPED_WITHIN);
  await expect(viewer.video).toHaveCount(0);
});

test("the event is switched off: the picture stops within 4 s", async ({ arrive, recording, server }) => {
  const { event, ticket } = await recording("fmp4");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await server.admin.deactivate(event);
  await expect(viewer.overlay).toContainText("This event is no longer available", STOPPED_WITHIN);
  await expect(viewer.video).toHaveCount(0);
});

test("kicked: the organizer ended the session, and the code may be entered again", async ({
  arrive,
  recording,
  server,
}) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await server.admin.kick(ticket);
  await expect(viewer.overlay).toContainText("The organizer ended this session.", STOPPED_WITHIN);
  await viewer.page.getByRole("button", { name: "Enter code" }).click();
  await viewer.enter(ticket.code);
  await viewer.sees();
});

test("taken over: the newest device has the picture, the other one is told and may take it back", async ({
  arrive,
  recording,
}) => {
  const { ticket } = await recording("ts", { devicePolicy: "takeover" });
  const first = await arrive();
  await first.enter(ticket.code);
  await first.sees();
  const second = await arrive();
  await second.enter(ticket.code);
  await expect(first.overlay).toContainText("Your session has been started on another device.", STOPPED_WITHIN);
  await second.sees();
  await first.page.getByRole("button", { name: "Watch here instead" }).click();
  await first.sees();
  await expect(second.overlay).toContainText("Your session has been started on another device.", STOPPED_WITHIN);
});
