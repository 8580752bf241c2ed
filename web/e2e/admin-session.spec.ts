/** Signing in, being signed out in the middle of work, and leaving. */
import { Organizer } from "./support/organizer";
import { Server } from "./support/server";
import { expect, test } from "./support/test";

test("a deep link leads through the sign-in to where it points", async ({ browser, server }) => {
  const organizer = await Organizer.arrive(browser, server);
  await organizer.go("/admin/tickets?status=unused");
  await expect(organizer.page.getByText("Sign in to go to Tickets.")).toBeVisible();
  await organizer.givePassword("not the password");
  await expect(organizer.page.getByText("Wrong password. Please try again.")).toBeVisible();
  await organizer.givePassword();
  await expect(organizer.heading).toHaveText("Tickets");
  await expect(organizer.page.getByRole("radio", { name: "Unused" })).toBeChecked();
  await organizer.button("Sign out").click();
  await expect(organizer.page.getByRole("heading", { name: "Sign in to the console" })).toBeVisible();
  await organizer.bye();
});

test("a session that ends in the middle of a form loses nothing that was typed", async ({ browser, server }) => {
  const organizer = await Organizer.arrive(browser, server);
  const { page } = organizer;
  await organizer.signIn("/admin/events/new");
  await page.getByLabel("Title").fill("Written before the session ended");
  await page.getByLabel("Description").fill("A long text.\nIn two lines.");
  await page.getByLabel("Access window").fill("72");
  await page.getByLabel("It takes over").check();
  await organizer.expire();
  await organizer.button("Create Event").click();
  const question = page.getByRole("dialog", { name: "You were signed out" });
  await expect(question).toContainText("go back to Events");
  await organizer.givePassword("not the password");
  await expect(question.getByText("Wrong password")).toBeVisible();
  await organizer.givePassword();
  // The save that met the end of the session is carried out: nothing has to be pressed again.
  await expect(organizer.heading).toHaveText("Written before the session ended");
  await expect(page.getByText("72 h access window")).toBeVisible();
  await expect(page.getByText("A second device takes over")).toBeVisible();
  await expect(page.getByText("In two lines.")).toBeVisible();
  await organizer.bye();
});

test("what is typed and not saved is left only when the organizer says so", async ({ browser, server }) => {
  const organizer = await Organizer.arrive(browser, server);
  const { page } = organizer;
  await organizer.signIn("/admin/events");
  await organizer.link("Create Event").click();
  await page.getByLabel("Title").pressSequentially("Half a title");
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  const ways = [
    () => organizer.link("Tickets").first().click(),
    () => organizer.link("Cancel").click(),
    () => page.evaluate(() => window.history.back()),
    () => organizer.button("Sign out").first().click(),
  ];
  for (const leave of ways) {
    await leave();
    await expect(question).toBeVisible();
    await question.getByRole("button", { name: "Stay here" }).click();
    await expect(question).toBeHidden();
    await expect(page.getByLabel("Title")).toHaveValue("Half a title");
    await expect(page).toHaveURL(/\/admin\/events\/new$/);
  }
  await organizer.link("Edges").first().click();
  await question.getByRole("button", { name: "Leave without saving" }).click();
  await expect(organizer.heading).toHaveText("Edges");
  // Where nothing is unsaved, nobody is asked.
  await organizer.link("Dashboard").first().click();
  await expect(organizer.heading).toHaveText("Dashboard");
  await organizer.bye();
});

test("too many attempts count down, and then the button works again", async ({ browser }) => {
  const server = await Server.start({ RATE_LIMIT_LOGINS_PER_MINUTE: "1" });
  try {
    const organizer = await Organizer.arrive(browser, server);
    await organizer.go("/admin");
    await organizer.page.clock.install();
    await organizer.givePassword("not the password");
    await expect(organizer.page.getByText("Wrong password")).toBeVisible();
    await organizer.givePassword("not the password");
    await expect(organizer.button(/^Try again in \d+ s$/)).toBeDisabled();
    await organizer.page.clock.fastForward(61_000);
    await expect(organizer.button("Sign in")).toBeEnabled();
    await organizer.bye();
  } finally {
    await server.stop();
  }
});

test("viewers load nothing of the console", async ({ arrive }) => {
  const viewer = await arrive();
  const scripts = await viewer.page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
  );
  expect(scripts.filter((path) => /\/assets\/(main|chart|sheet|preview)-/.test(path))).toEqual([]);
  expect(scripts.some((path) => path.endsWith(".js"))).toBe(true);
});
