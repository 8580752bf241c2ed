import { expect, test } from "./support/test";

const HOUR_MS = 3_600_000;

test("a wrong code keeps the text and says so", async ({ arrive }) => {
  const viewer = await arrive();
  await viewer.enter("abcd-EFGH 1234");
  await expect(viewer.page.getByRole("alert")).toHaveText("Invalid code. Please check your ticket and try again.");
  await expect(viewer.field).toHaveValue("abcd-EFGH 1234");
  await expect(viewer.field).toBeFocused();
});

test("spaces and hyphens around a code do not matter, its letters stay as typed", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const typed = ` ${ticket.code.slice(0, 4)}-${ticket.code.slice(4, 8)} ${ticket.code.slice(8)} `;
  const sent = viewer.page.waitForRequest("**/api/tokens/validate");
  await viewer.enter(typed);
  expect((await sent).postDataJSON()).toMatchObject({ code: ticket.code });
  await viewer.sees();
});

test("a code in the address fills the field, leaves the address and is not sent", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive(`/#code=${ticket.code}`);
  await expect(viewer.field).toHaveValue(ticket.code);
  expect(viewer.page.url()).not.toContain(ticket.code);
  expect(await viewer.validateElsewhere(ticket.code), "the ticket is free").toBe(200);
});

test("a link that is opened in the same tab fills the field too, and leaves the address", async ({ arrive }) => {
  const viewer = await arrive();
  const { page } = viewer;
  await expect(viewer.field).toBeVisible();
  await page.evaluate(() => {
    window.location.hash = "#code=abcdEFGH1234";
  });
  await expect(viewer.field).toHaveValue("abcdEFGH1234");
  await expect.poll(() => page.url()).not.toContain("abcdEFGH1234");
});

test("a second browser is told that the code is in use", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const first = await arrive();
  await first.enter(ticket.code);
  await first.sees();
  const second = await arrive();
  await second.enter(ticket.code);
  await expect(second.page.getByRole("alert")).toHaveText(
    "This access code is currently being viewed on another device. Please wait for the other session to end before trying again.",
  );
  await expect(second.field).toHaveAttribute("aria-invalid", "false");
  await first.sees();
});

test("too many attempts count down", async ({ arrive }) => {
  const viewer = await arrive();
  await viewer.page.route("**/api/tokens/validate", (route) =>
    route.fulfill({
      status: 429,
      headers: { "Retry-After": "42" },
      json: { error: "Too many attempts. Please wait a moment and try again.", code: "rate_limited" },
    }),
  );
  await viewer.enter("abcdEFGH1234");
  await expect(viewer.page.getByRole("alert")).toHaveText("Too many attempts. Please wait a moment and try again.");
  await expect(viewer.page.getByRole("button", { name: /^Try again in \d+ s$/ })).toBeVisible();
});

test("a viewer without a network is told so, and the code is kept", async ({ arrive }) => {
  const viewer = await arrive();
  await viewer.context.setOffline(true);
  await viewer.enter("abcdEFGH1234");
  await expect(viewer.page.getByRole("alert")).toContainText("You seem to be offline.");
  await expect(viewer.field).toHaveValue("abcdEFGH1234");
});

test("a server that fails, and one that is not there, are not the code's fault", async ({ arrive }) => {
  const viewer = await arrive();
  const { page } = viewer;
  for (const answer of ["500", "503", "none"]) {
    await page.route("**/api/tokens/validate", (route) =>
      answer === "none" ? route.abort() : route.fulfill({ status: Number(answer), body: "<h1>Bad gateway</h1>" }),
    );
    await viewer.enter("abcdEFGH1234");
    await expect(page.getByRole("alert"), answer).toHaveText(
      "StreamGate does not answer just now. Please try again in a moment.",
    );
    await expect(viewer.field).toHaveValue("abcdEFGH1234");
    await expect(viewer.field).toHaveAttribute("aria-invalid", "false");
    await page.reload();
  }
});

test("a revoked ticket says so, keeps its code and the focus", async ({ arrive, recording, server }) => {
  const { ticket } = await recording("ts");
  await server.admin.revoke(ticket);
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await expect(viewer.page.getByRole("alert")).toHaveText(
    "This code has been revoked. Please contact the event organizer.",
  );
  await expect(viewer.field).toHaveValue(ticket.code);
  await expect(viewer.field).toBeFocused();
  await expect(viewer.field).toHaveAttribute("aria-invalid", "true");
});

test("an expired ticket says until when it was good, keeps its code and the focus", async ({ arrive, server }) => {
  const event = await server.admin.createEvent();
  const ticket = await server.admin.createTicket(event);
  await server.admin.reschedule(event, -4 * HOUR_MS, -3 * HOUR_MS, 1);
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await expect(viewer.page.getByRole("alert")).toHaveText(
    /^This code has expired. Access was available until \w{3}, \w{3} \d+, \d{4}, \d+:\d{2}\s[AP]M.$/,
  );
  await expect(viewer.field).toHaveValue(ticket.code);
  await expect(viewer.field).toBeFocused();
  await expect(viewer.field).toHaveAttribute("aria-invalid", "true");
});

test("an event that is not there any more says so", async ({ arrive, recording, server }) => {
  const { event, ticket } = await recording("ts");
  await server.admin.deactivate(event);
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await expect(viewer.page.getByRole("alert")).toHaveText("This event is no longer available.");
});
