import { expect, test } from "./support/test";

test("closing the page frees the ticket within a second", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  expect(await viewer.validateElsewhere(ticket.code)).toBe(409);
  await viewer.leave();
  await expect.poll(() => viewer.validateElsewhere(ticket.code), { timeout: 1000, intervals: [50] }).toBe(200);
});

test("Back frees the ticket and keeps the code in the field", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.reaches();
  await viewer.page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(viewer.field).toHaveValue(ticket.code);
  await expect.poll(() => viewer.validateElsewhere(ticket.code), { timeout: 1000, intervals: [50] }).toBe(200);
});

test("a reload keeps the session", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.page.reload();
  await viewer.sees();
  expect(await viewer.validateElsewhere(ticket.code)).toBe(409);
});

test("a playback token is kept nowhere", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  const stored = await viewer.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toMatch(/eyJ/);
  expect(viewer.page.url()).not.toContain(ticket.code);
});

test("an upcoming event is waited for by the server's clock, and starts by itself when its stream comes early", async ({
  arrive,
  encode,
  server,
}) => {
  const event = await server.admin.createEvent({ title: "Matinee", startsInMs: 55_000 });
  const ticket = await server.admin.createTicket(event);
  const viewer = await arrive();
  const { page } = viewer;
  await page.addInitScript(anHourAhead);
  await page.reload();
  await viewer.enter(ticket.code);
  await expect(page.getByRole("heading", { name: "Matinee" })).toBeVisible();
  await expect(page.getByRole("timer"), "not past, as this computer's clock says").toContainText(/00\D+00\D+[0-5]\d/);
  expect(await viewer.validateElsewhere(ticket.code), "the waiting room holds the ticket").toBe(409);
  await encode(server.folder(event.id));
  await expect(viewer.video).toBeVisible({ timeout: 40_000 });
  await viewer.sees();
  await expect(page.getByText("LIVE", { exact: true })).toBeVisible();
});

test("a second tab of the same browser takes the picture, and the first one says where it went", async ({
  arrive,
  recording,
}) => {
  const { ticket } = await recording("ts");
  const first = await arrive();
  await first.enter(ticket.code);
  await first.sees();
  const second = await first.anotherTab();
  await second.enter(ticket.code);
  await second.sees();
  await expect(first.overlay).toContainText("Your session has been started in another tab.", { timeout: 4000 });
});

test("access that ends soon is said in time", async ({ arrive, recording }) => {
  const hour = 3_600_000;
  const { ticket } = await recording("ts", {
    startsInMs: -3 * hour,
    endsInMs: -hour + 10 * 60_000,
    accessWindowHours: 1,
  });
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await expect(viewer.page.getByText(/^Your access ends at /)).toBeVisible();
  await expect(viewer.page.getByText(/^Access expires in (9|10) min$/)).toBeVisible();
  await viewer.page.getByRole("button", { name: "Close", exact: true }).click();
  await expect(viewer.page.getByText(/^Your access ends at /)).toBeHidden();
});

test("a ticket that expires leaves a minute to see what is on, says so, and then ends", async ({ arrive, live }) => {
  test.setTimeout(150_000);
  const hour = 3_600_000;
  const { ticket } = await live({ startsInMs: -3 * hour, endsInMs: -hour + 20_000, accessWindowHours: 1 });
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await expect(viewer.page.getByText(/^The picture stops in/)).toBeVisible({ timeout: 40_000 });
  await viewer.sees();
  expect(await viewer.validateElsewhere(ticket.code), "nobody gets in any more").toBe(410);
  await expect(viewer.overlay).toContainText("Your access has ended", { timeout: 75_000 });
  await expect(viewer.video).toHaveCount(0);
});

/** Runs in the page: a computer whose clock is wrong. */
function anHourAhead(): void {
  const { Date: Right } = window;
  const now = () => Right.now() + 3_600_000;
  window.Date = class extends Right {
    constructor(...given: [] | [number]) {
      super(...((given.length === 0 ? [now()] : given) as [number]));
    }
    static override now = now;
  } as DateConstructor;
}
