import { expect, it } from "vitest";
import { shortcut } from "./shortcuts";

const on = (name: string, type: string | null = null) => ({ name, type });
const plain = (key: string, focus = on("body")) => shortcut({ key, modified: false, on: focus });

it("Space plays, F fills the screen, M mutes", () => {
  expect([plain(" "), plain("f"), plain("F"), plain("m"), plain("M"), plain("x")]).toEqual([
    "play",
    "fullscreen",
    "fullscreen",
    "mute",
    "mute",
    null,
  ]);
});

it("leaves Space to a focused button or slider", () => {
  expect([plain(" ", on("button")), plain(" ", on("input", "range"))]).toEqual([null, null]);
});

it("takes letters from no text field", () => {
  expect([plain("f", on("input", "text")), plain("m", on("textarea"))]).toEqual([null, null]);
});

it("leaves the browser's own shortcuts alone", () => {
  expect(shortcut({ key: "f", modified: true, on: on("body") })).toBeNull();
});
