/** The player's keys. A key that a focused control understands itself is never taken from it. */

export type Shortcut = "play" | "fullscreen" | "mute" | "back" | "forward" | "louder" | "quieter" | "help";

export interface Key {
  key: string;
  modified: boolean;
  /** What has the focus: its element's name and, for an input, its type. */
  on: { name: string; type: string | null };
}

const ARROWS: Record<string, Shortcut> = {
  ArrowLeft: "back",
  ArrowRight: "forward",
  ArrowUp: "louder",
  ArrowDown: "quieter",
};

export function shortcut({ key, modified, on }: Key): Shortcut | null {
  if (modified || isText(on)) return null;
  switch (key) {
    case " ":
      return isPressable(on) ? null : "play";
    case "f":
    case "F":
      return "fullscreen";
    case "m":
    case "M":
      return "mute";
    case "?":
      return "help";
    default:
      // A slider's arrows are its own.
      return on.name === "input" ? null : (ARROWS[key] ?? null);
  }
}

/** Keys that go on while they are held down. */
export const repeats = (wanted: Shortcut) =>
  wanted === "back" || wanted === "forward" || wanted === "louder" || wanted === "quieter";

const isText = ({ name, type }: Key["on"]) =>
  name === "textarea" || name === "select" || (name === "input" && type !== "range");

const isPressable = ({ name }: Key["on"]) =>
  name === "button" || name === "a" || name === "input" || name === "summary";

export function keyOf(event: KeyboardEvent): Key {
  const target = event.target instanceof Element ? event.target : null;
  return {
    key: event.key,
    modified: event.ctrlKey || event.metaKey || event.altKey,
    on: { name: target?.localName ?? "", type: target?.getAttribute("type") ?? null },
  };
}
