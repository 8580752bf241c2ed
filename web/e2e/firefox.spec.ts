/** The viewer's journey in the system's Firefox, which speaks WebDriver BiDi: a step behind what Playwright asks of it. */
import puppeteer from "puppeteer-core";
import { firefox } from "./support/firefox";
import { expect, test } from "./support/test";

test("in Firefox a code leads to a moving picture with sound, and a revocation ends it in words", async ({
  recording,
  server,
}) => {
  // A browser that starts for the first time on a busy machine takes its time.
  test.setTimeout(180_000);
  const { ticket } = await recording("tracks");
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: firefox ?? "firefox",
    headless: true,
    timeout: 60_000,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 720 });
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`${server.url}/#code=${ticket.code}`);
    await page.locator("::-p-aria(Access code)").wait();
    await page.evaluate(() =>
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
        Reflect.set(window, "violated", violatedDirective),
      ),
    );
    await page.locator("::-p-aria(Watch Now)").click();
    const video = await page.waitForSelector("video");
    if (video === null) throw new Error("no picture");
    const time = () => video.evaluate((element) => element.currentTime);
    await expect.poll(time, { message: "the picture moves", timeout: 30_000 }).toBeGreaterThan(1);
    expect(await video.evaluate((element) => [element.videoWidth > 0, element.muted])).toEqual([true, false]);

    await page.keyboard.press(" ");
    await page.locator('::-p-aria([name="Play"][role="button"])').wait();
    const at = await time();
    await page.keyboard.press("ArrowRight");
    await expect.poll(time).toBeCloseTo(at + 10, 0);
    await page.keyboard.press(" ");

    await server.admin.revoke(ticket);
    const overlay = await page.waitForSelector("[role=alertdialog]");
    expect(await overlay?.evaluate((element) => element.textContent)).toContain("Your access has been revoked");
    expect(await page.$("video"), "the picture is gone").toBeNull();
    expect(await page.evaluate((): unknown => Reflect.get(window, "violated"))).toBeUndefined();
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
