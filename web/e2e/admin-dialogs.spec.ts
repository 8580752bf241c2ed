/** Every question that the console asks, and what its answers do. */
import type { Event } from "./support/admin";
import { redeem } from "./support/evening";
import { Organizer } from "./support/organizer";
import type { Server } from "./support/server";
import { expect, test } from "./support/test";

const titled = (title: string) => ({ title, startsInMs: 3_600_000, endsInMs: 7_200_000 });

async function onEvent(organizer: Organizer, event: Event): Promise<void> {
  await organizer.signIn(`/admin/events/${event.id}`);
  await expect(organizer.heading).toHaveText(event.title);
}

const validate = async (server: Server, code: string) => (await redeem(server, code)).status;

test("an event is deactivated and reactivated, and edges hear of both", async ({ browser, server }) => {
  const event = await server.admin.createEvent(titled("Power cut"));
  const ticket = await server.admin.createTicket(event);
  const organizer = await Organizer.arrive(browser, server);
  await onEvent(organizer, event);
  await organizer.button("Deactivate").click();
  await expect(organizer.dialog).toContainText("1 ticket stop");
  // The safe answer has the focus, and Escape is the same.
  await expect(organizer.dialog.getByRole("button", { name: "Keep it active" })).toBeFocused();
  await organizer.page.keyboard.press("Escape");
  await expect(organizer.dialog).toBeHidden();
  await organizer.button("Deactivate").click();
  await organizer.dialog.getByRole("button", { name: "Deactivate" }).click();
  await expect(organizer.page.getByText(/in force on 1\/1 edges/)).toBeVisible();
  await expect(organizer.page.getByText("Inactive")).toBeVisible();
  expect(await validate(server, ticket.code)).toBe(403);
  await organizer.button("Reactivate").click();
  await organizer.dialog.getByRole("button", { name: "Reactivate" }).click();
  await expect(organizer.page.getByText("Not started")).toBeVisible();
  expect(await validate(server, ticket.code)).toBe(200);
  await organizer.bye();
});

test("an archived event leaves the list, is found under the switch, and comes back", async ({ browser, server }) => {
  const event = await server.admin.createEvent(titled("Last year’s gala"));
  const organizer = await Organizer.arrive(browser, server);
  await organizer.signIn("/admin/events?search=gala");
  const row = organizer.page.getByRole("row", { name: /gala/ });
  await organizer.choose(/^Actions for Last year/, "Archive…");
  await organizer.dialog.getByRole("button", { name: "Archive" }).click();
  await expect(row).toBeHidden();
  await organizer.page.getByRole("switch", { name: "Show archived" }).check();
  await expect(row).toContainText("Archived");
  await organizer.choose(/^Actions for Last year/, "Unarchive…");
  await organizer.dialog.getByRole("button", { name: "Unarchive" }).click();
  await expect(row).toBeHidden();
  await organizer.go(`/admin/events/${event.id}`);
  await expect(organizer.page.getByText("Not started")).toBeVisible();
  await organizer.bye();
});

test("an event is deleted only when its title is typed, whatever letters it has", async ({ browser, server }) => {
  // One accent is stored as two characters; the organizer's keyboard makes one of them.
  const event = await server.admin.createEvent(titled("Vise\u0301e “東京” 🎻 50 %"));
  await server.admin.createTickets(event, 3);
  const organizer = await Organizer.arrive(browser, server);
  await organizer.signIn(`/admin/events/${event.id}`);
  await organizer.choose("More actions", "Delete…");
  await expect(organizer.dialog).toContainText("3 tickets go with it");
  await expect(organizer.dialog.getByRole("button", { name: "Keep the event" })).toBeFocused();
  await organizer.button("Continue").click();
  const field = organizer.page.getByLabel("Title of the event");
  await expect(field).toBeFocused();
  const remove = organizer.button("Delete event and tickets");
  await field.fill("Visee “東京” 🎻 50 %");
  await expect(remove).toBeDisabled();
  await field.fill("Visée “東京” 🎻 50 %");
  await remove.click();
  await expect(organizer.heading).toHaveText("Events");
  await expect(organizer.page.getByText("Event deleted, with 3 tickets")).toBeVisible();
  await organizer.go(`/admin/events/${event.id}`);
  await expect(organizer.page.getByText("could not be loaded")).toBeVisible();
  await organizer.bye();
});

test("a failure is told inside the question, and nothing is lost", async ({ browser, server }) => {
  const event = await server.admin.createEvent(titled("Storm"));
  const organizer = await Organizer.arrive(browser, server);
  await onEvent(organizer, event);
  await organizer.page.route("**/deactivate", (route) => route.abort());
  await organizer.button("Deactivate").click();
  await organizer.dialog.getByRole("button", { name: "Deactivate" }).click();
  await expect(organizer.dialog.getByRole("alert")).toContainText("does not answer");
  await organizer.page.unroute("**/deactivate");
  await organizer.dialog.getByRole("button", { name: "Deactivate" }).click();
  await expect(organizer.page.getByText("Inactive")).toBeVisible();
  await organizer.bye();
});

test("one ticket is revoked, un-revoked, and its session freed", async ({ browser, server }) => {
  const event = await server.admin.createEvent(titled("One ticket"));
  const ticket = await server.admin.createTicket(event);
  expect(await validate(server, ticket.code)).toBe(200);
  const organizer = await Organizer.arrive(browser, server);
  await organizer.signIn(`/admin/tickets?eventId=${event.id}`);
  const menu = `Actions for ${ticket.code}`;
  await organizer.choose(menu, "Free session…");
  await organizer.dialog.getByRole("button", { name: "End session" }).click();
  await expect(organizer.page.getByText("The ticket is free for another device")).toBeVisible();
  expect(await validate(server, ticket.code)).toBe(200);
  await organizer.choose(menu, "Revoke…");
  await organizer.dialog.getByRole("button", { name: "Revoke ticket" }).click();
  await expect(organizer.page.getByText(/in force on 1\/1 edges after/)).toBeVisible();
  expect(await validate(server, ticket.code)).toBe(403);
  await organizer.choose(menu, "Un-revoke…");
  await organizer.dialog.getByRole("button", { name: "Un-revoke ticket" }).click();
  await expect(organizer.page.getByRole("row", { name: new RegExp(ticket.code) })).toContainText("Redeemed");
  await organizer.bye();
});

test("selected tickets are revoked together, the others not", async ({ browser, server }) => {
  const event = await server.admin.createEvent(titled("Bulk"));
  const tickets = await server.admin.createTickets(event, 3);
  const organizer = await Organizer.arrive(browser, server);
  await organizer.signIn(`/admin/tickets?eventId=${event.id}`);
  const chosen = tickets.slice(0, 2);
  for (const { code } of chosen) await organizer.page.getByRole("checkbox", { name: `Select ${code}` }).check();
  await organizer.button("Revoke 2 tickets").click();
  await organizer.dialog.getByRole("button", { name: "Revoke 2 tickets" }).click();
  await expect(organizer.page.getByText("2 tickets revoked")).toBeVisible();
  const answers = await Promise.all(tickets.map(({ code }) => validate(server, code)));
  expect(answers).toEqual([403, 403, 200]);
  await organizer.bye();
});
