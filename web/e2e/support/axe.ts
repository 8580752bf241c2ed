/** Asks axe-core what is wrong with the page as it is now. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

const source = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Returns one line for each element that breaks a rule of WCAG 2.2 AA or a best practice. */
export async function complaintsOfAxe(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page keeps its strict policy, and so is tested as it is served.
  await page.evaluate(await source);
  const results = await page.evaluate(async (values): Promise<AxeResults> => {
    // Half faded in, any text lacks contrast; what never ends, such as a spinner, is judged as it is.
    const ends = (each: Animation) =>
      each.playState === "running" && each.effect?.getComputedTiming().endTime !== Infinity;
    const passing = document.getAnimations().filter(ends);
    await Promise.allSettled(passing.map((each) => each.finished));
    const axe: unknown = Reflect.get(window, "axe");
    return (axe as typeof import("axe-core")).run(document, { runOnly: { type: "tag", values } });
  }, rules);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
  );
}
