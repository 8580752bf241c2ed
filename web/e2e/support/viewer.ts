/** A viewer in a browser: what they do and what they see. */
import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page } from "@playwright/test";

export class Viewer {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly url: string,
    /** What no test forgives: violations of the content security policy, and errors that are not a request's status. */
    private readonly complaints: string[],
  ) {}

  static async arrive(browser: Browser, url: string, path = "/", how: BrowserContextOptions = {}): Promise<Viewer> {
    return Viewer.open(await browser.newContext(how), url, path, []);
  }

  /** The same person on the same device, once more. */
  anotherTab = () => Viewer.open(this.context, this.url, "/", this.complaints);

  private static async open(context: BrowserContext, url: string, path: string, complaints: string[]): Promise<Viewer> {
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const expected = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !expected) complaints.push(`console: ${message.text()}`);
    });
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        console.error(`policy: ${violatedDirective} ${blockedURI}`),
      );
    });
    await page.goto(url + path);
    return new Viewer(context, page, url, complaints);
  }

  get field() {
    return this.page.getByRole("textbox", { name: "Access code" });
  }

  get video() {
    return this.page.locator("video");
  }

  get overlay() {
    return this.page.getByRole("alertdialog");
  }

  async enter(code: string): Promise<void> {
    await this.field.fill(code);
    await this.page.getByRole("button", { name: "Watch Now" }).click();
  }

  /** The picture has a size and moves. */
  async sees(): Promise<void> {
    await expect(this.video).toBeVisible();
    await expect.poll(() => this.video.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
    const before = await this.time();
    await expect.poll(() => this.time(), { message: "the picture moves" }).toBeGreaterThan(before + 0.5);
  }

  /** Sound is being decoded. */
  async hears(): Promise<void> {
    const decoded = () =>
      this.video.evaluate((video) => Number(Reflect.get(video, "webkitAudioDecodedByteCount") ?? 0));
    await expect.poll(decoded, { message: "sound is decoded" }).toBeGreaterThan(0);
  }

  /** Moves the pointer, as a hand does that reaches for the controls: after some seconds of rest they hide. */
  async reaches(): Promise<void> {
    await this.page.mouse.move(300, 200);
    await this.page.mouse.move(320, 220);
  }

  time = () => this.video.evaluate((video: HTMLVideoElement) => video.currentTime);

  /** Seconds of picture that need nothing more from the edge. */
  buffered = () =>
    this.video.evaluate((video: HTMLVideoElement) => {
      const { buffered, currentTime } = video;
      return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
    });

  async leave(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
  }

  /** Ends the visit and complains about what must never happen. */
  async bye(): Promise<void> {
    await this.context.close();
    expect(this.complaints, "no policy violation and no error in the page").toEqual([]);
  }

  /** Asks for a session as another device would, without a page. */
  async validateElsewhere(code: string): Promise<number> {
    const response = await fetch(`${this.url}/api/tokens/validate`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code, deviceId: "another-device-0000000001" }),
    });
    return response.status;
  }
}
