/** An organizer in a browser: what they do in the console and what they see. */
import { type Browser, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { adminPassword, type Server } from "./server";

export class Organizer {
  private constructor(
    readonly page: Page,
    private readonly server: Server,
    /** What no test forgives: violations of the content security policy, and errors that are not a request's status. */
    private readonly complaints: string[],
  ) {}

  /** Opens the console; nobody is signed in yet. */
  static async arrive(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Organizer> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      timezoneId: "Europe/Oslo",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const expected = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !expected) complaints.push(`console: ${message.text()}`);
    });
    await context.route("https://posters.example/**", (route) =>
      route.fulfill({ contentType: "image/svg+xml", body: posterOf(route.request().url()) }),
    );
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        console.error(`policy: ${violatedDirective} ${blockedURI}`),
      );
    });
    return new Organizer(page, server, complaints);
  }

  go = (path: string) => this.page.goto(this.server.url + path);

  async signIn(path = "/admin"): Promise<void> {
    await this.go(path);
    await this.givePassword();
    await expect(this.heading).toBeVisible();
  }

  async givePassword(password = adminPassword): Promise<void> {
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  get heading() {
    return this.page.getByRole("main").getByRole("heading", { level: 1 });
  }

  get dialog() {
    return this.page.getByRole("alertdialog");
  }

  button = (name: string | RegExp) => this.page.getByRole("button", { name });
  link = (name: string | RegExp) => this.page.getByRole("link", { name });

  /** Ends this browser's admin session on the server, as eight hours would. */
  async expire(): Promise<void> {
    const answer = await this.page.context().request.post(`${this.server.url}/api/admin/logout`, {
      headers: { Origin: this.server.url },
    });
    expect(answer.ok()).toBe(true);
  }

  /** Opens the menu of a row and takes an entry. */
  async choose(menu: string | RegExp, entry: string | RegExp): Promise<void> {
    await this.button(menu).click();
    await this.page.getByRole("menuitem", { name: entry }).click();
  }

  /** Picks an event in the field of that name. */
  async pickEvent(title: string): Promise<void> {
    const field = this.page.getByRole("combobox", { name: "Event" });
    await field.fill(title.slice(0, 12));
    await this.page.getByRole("option", { name: title }).click();
  }

  async bye(): Promise<void> {
    await this.page.context().close();
    expect(this.complaints).toEqual([]);
  }
}

/** A poster in the hue that its address names. */
function posterOf(url: string): string {
  const hue = /(\d+)\.svg$/.exec(url)?.[1] ?? "0";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><defs><radialGradient id="g" cx="70%" cy="30%"><stop offset="0" stop-color="hsl(${hue} 70% 60%)"/><stop offset="1" stop-color="hsl(${hue} 45% 12%)"/></radialGradient></defs><rect width="16" height="9" fill="url(#g)"/></svg>`;
}
