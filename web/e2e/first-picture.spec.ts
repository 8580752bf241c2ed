import { expect, test } from "./support/test";

// The recorder takes pictures of the page all the time, which costs a fifth of what is measured here.
test.use({ trace: "off" });

const RUNS = 20;
// The promise for a quiet machine of two cores is 600 ms, which `cargo xtask test --deep` demands; any other run only
// catches what no viewer would call quick.
const WITHIN_MS = Number(process.env.STREAMGATE_FIRST_PICTURE_WITHIN_MS ?? 3000);

test("from the code to the first picture, twenty times", async ({ browser, recording, server }) => {
  test.setTimeout(120_000);
  const { event } = await recording("ts");
  const tickets = await server.admin.createTickets(event, RUNS);
  const times: number[] = [];
  for (const ticket of tickets) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(measure);
    await page.goto(server.url);
    await page.getByRole("textbox", { name: "Access code" }).fill(ticket.code);
    // As long as somebody needs to type twelve characters at the very least.
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Watch Now" }).click();
    const time = await page.waitForFunction(() => Reflect.get(window, "firstPictureMs") as number | undefined);
    times.push((await time.jsonValue()) ?? Number.NaN);
    await context.close();
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.ceil(share * RUNS) - 1] ?? Number.NaN);
  console.log(`code to first picture over ${RUNS} runs: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`);
  expect(at(0.95)).toBeLessThanOrEqual(WITHIN_MS);
});

/** Runs in the page: from the click to the first frame that was shown. */
function measure(): void {
  let clicked = 0;
  document.addEventListener("click", () => {
    clicked = performance.now();
  });
  new MutationObserver((_, observer) => {
    const video = document.querySelector("video");
    if (video === null) return;
    observer.disconnect();
    video.requestVideoFrameCallback((now) => Reflect.set(window, "firstPictureMs", now - clicked));
  }).observe(document, { childList: true, subtree: true });
}
