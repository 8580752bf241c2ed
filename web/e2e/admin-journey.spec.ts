/** An evening of an organizer who has never seen the console, from the empty page to a ticket revoked during the show. */
import { readFile } from "node:fs/promises";
import type { Browser } from "@playwright/test";
import { Encoder } from "./support/media";
import { Organizer } from "./support/organizer";
import { PostgresDatabase } from "./support/postgres";
import { Server } from "./support/server";
import { expect, test } from "./support/test";
import { Viewer } from "./support/viewer";

const title = "Trio Aurel: Brahms & Visée 🎻";

test("an organizer's evening, on SQLite", async ({ browser }) => {
  test.setTimeout(180_000);
  const server = await Server.start();
  try {
    await evening(browser, server);
  } finally {
    await server.stop();
  }
});

test("an organizer's evening, on PostgreSQL", async ({ browser }) => {
  test.setTimeout(180_000);
  const database = await PostgresDatabase.create();
  const server = await Server.start({ DATABASE_URL: database.url });
  try {
    await evening(browser, server);
  } finally {
    await server.stop();
    await database.drop();
  }
});

async function evening(browser: Browser, server: Server): Promise<void> {
  const organizer = await Organizer.arrive(browser, server);
  const { page } = organizer;
  await organizer.signIn();

  // Create an event from the dashboard.
  await organizer.link("Create Event").click();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Description").fill("An evening of strings.");
  await page.getByLabel("Starts").fill(local(-3_600_000));
  await page.getByLabel("Ends").fill(local(3_600_000));
  await organizer.button("Create Event").click();
  await expect(organizer.heading).toHaveText(title);
  const eventId = new URL(page.url()).pathname.split("/").at(-1) ?? "";

  // Check the stream: nothing yet, then an encoder starts, and the preview shows its picture.
  const publishing = page.getByRole("region", { name: "How to publish" });
  await expect(publishing.getByText("Absent")).toBeVisible();
  const encoder = await Encoder.start(server.folder(eventId));
  try {
    await expect(publishing.getByText(/^Live/)).toBeVisible();
    await organizer.button("Preview").click();
    const preview = page.getByRole("dialog").locator("video");
    await expect.poll(() => preview.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeGreaterThan(0.5);
    await organizer.button("Close the preview").click();

    // Make 200 tickets, look at their sheet, save them as a file.
    await organizer.link("Generate tickets").click();
    await expect(page.getByRole("combobox", { name: "Event" })).toHaveValue(title);
    await page.getByLabel("How many").fill("200");
    await page.getByLabel("Label").fill("Row 4");
    await organizer.button("Generate Tickets").click();
    await expect(page.getByRole("heading", { name: "200 tickets created" })).toBeVisible();
    await organizer.button("Copy all codes").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const codes = copied.split("\n");
    expect(new Set(codes).size).toBe(200);
    expect(codes.every((code) => /^[A-Za-z0-9]{12}$/.test(code))).toBe(true);
    await organizer.link("Print sheet").click();
    await expect(page.getByRole("img", { name: "QR code of the ticket" })).toHaveCount(200);
    expect(page.url()).not.toContain(codes[0] ?? "no code");
    await organizer.go(`/admin/tickets?eventId=${eventId}`);
    const saving = page.waitForEvent("download");
    await organizer.button("Export CSV").click();
    const saved = await readFile(await (await saving).path(), "utf8");
    expect(saved.trim().split("\r\n")).toHaveLength(201);
    expect(saved).toContain(title);

    // Viewers come; the numbers grow without a reload.
    await organizer.go(`/admin/events/${eventId}`);
    await expect(page.getByText("Nobody is watching now")).toBeVisible();
    const [first = "", second = ""] = codes;
    const viewer = await Viewer.arrive(browser, server.url, `/#code=${first}`);
    await viewer.page.getByRole("button", { name: "Watch Now" }).click();
    await viewer.sees();
    const watching = page.getByRole("region", { name: "Watching now" });
    await expect(watching.getByRole("row", { name: /Row 4/ })).toBeVisible();
    await watching.getByRole("searchbox", { name: "Label or code" }).fill("row 5");
    await expect(watching.getByText("Nobody who is watching has a ticket with this label or code.")).toBeVisible();
    await watching.getByRole("searchbox", { name: "Label or code" }).fill("row 4");
    await expect(watching.getByRole("row", { name: /Row 4/ })).toBeVisible();
    await organizer.link("Dashboard").first().click();
    await expect(page.getByRole("region", { name: "Watching now" })).toContainText("1");
    await expect(page.getByRole("img", { name: /Viewers over the last/ })).toBeVisible();
    await page.getByRole("radio", { name: "7 days" }).check({ force: true });
    await expect(page.getByRole("img", { name: /Viewers over the last 7 days/ })).toBeVisible();
    await organizer.button("Show as table").click();
    await expect(page.getByRole("table", { name: "Viewers over time" })).toBeVisible();

    // A caller cannot get in with the same code: the diagnosis says why, and ending the session helps.
    const caller = await Viewer.arrive(browser, server.url);
    await caller.enter(first);
    await expect(caller.page.getByText(/currently being viewed on another device/)).toBeVisible();
    await page.keyboard.press("/");
    await page.getByRole("searchbox", { name: "Code or label" }).fill(grouped(first));
    await expect(page.getByRole("heading", { name: "Another device is playing with this ticket." })).toBeVisible();
    await expect(page.getByText("In use on another device")).toBeVisible();
    await page.getByRole("region", { name: "Diagnosis" }).getByRole("button", { name: "End session" }).click();
    await organizer.dialog.getByRole("button", { name: "End session" }).click();
    await expect(organizer.dialog).toBeHidden();
    await caller.enter(first);
    await caller.sees();
    await expect(viewer.overlay).toBeVisible();

    // A leaked ticket is revoked: the row says when every edge has it, and the picture stops.
    await organizer.go(`/admin/tickets?eventId=${eventId}&search=${first}`);
    await organizer.choose(/^Actions for/, "Revoke…");
    await organizer.dialog.getByRole("button", { name: "Revoke ticket" }).click();
    await expect(page.getByText(/in force on 1\/1 edges after \d+\.\d s/)).toBeVisible();
    await expect(caller.overlay).toContainText("Your access has been revoked");

    // It was a mistake after all.
    await organizer.choose(/^Actions for/, "Un-revoke…");
    await organizer.dialog.getByRole("button", { name: "Un-revoke ticket" }).click();
    await expect(page.getByRole("row", { name: /Row 4/ })).toContainText("Redeemed");
    await caller.bye();
    await viewer.bye();

    // Another leak, of many tickets at once.
    await organizer.go(`/admin/tickets?eventId=${eventId}&status=unused`);
    await page.getByRole("checkbox", { name: "Select all tickets on this page" }).check();
    await organizer.button("Select all 199 matching").click();
    await organizer.button("Revoke 199 tickets").click();
    await expect(organizer.dialog).toContainText("All 199 that match");
    await organizer.dialog.getByRole("button", { name: "Revoke 199 tickets" }).click();
    await expect(page.getByText("199 tickets revoked")).toBeVisible();
    await expect(page.getByText("No tickets match")).toBeVisible();
    const late = await Viewer.arrive(browser, server.url);
    await late.enter(second);
    await expect(late.page.getByText(/has been revoked/)).toBeVisible();
    await late.bye();
  } finally {
    await encoder.stop();
  }
  await organizer.bye();
}

/** A code as it is read out: in groups of four. */
const grouped = (code: string) => code.replace(/.{4}(?=.)/g, "$& ");

/** What a date field of the browser, which lives in Oslo, is given for a moment from now. */
function local(inMs: number): string {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Oslo", dateStyle: "short", timeStyle: "short" });
  return parts.format(Date.now() + inMs).replace(" ", "T");
}
