import { describe, expect, it } from "vitest";
import { typedCode } from "./code";
import { linkedCode, takeLinkedCode } from "./linked-code";
import { message } from "./messages";

describe("what is sent of what was typed", () => {
  it.each([
    [" AbCd-EfGh 1234 ", "AbCdEfGh1234"],
    ["abcd\u00a0efgh\t1234", "abcdefgh1234"],
    ["- -", ""],
    ["\uFEFFabcd\u2011efgh\u2013\u200B1234", "abcdefgh1234"],
  ])("%j becomes %j", (typed, sent) => expect(typedCode(typed)).toBe(sent));
});

describe("a code in the address", () => {
  it.each([
    ["#code=AbCd", "AbCd"],
    ["#x=1&code=Ab%20Cd", "Ab Cd"],
    ["#code=", null],
    ["", null],
    ["#other", null],
  ])("%j gives %j", (hash, code) => expect(linkedCode(hash)).toBe(code));

  it("is taken out of the address and the history", () => {
    const replaced: unknown[] = [];
    const location = { hash: "#code=AbCd", pathname: "/", search: "?lang=de" } as Location;
    const history = { replaceState: (...args: unknown[]) => replaced.push(args) } as unknown as History;
    expect(takeLinkedCode({ location, history })).toBe("AbCd");
    expect(replaced).toEqual([[null, "", "/?lang=de"]]);
  });
});

describe("the words for a code that failed", () => {
  const refused = (code: string, expiredAt: string | null = null) =>
    message({ kind: "refused", code, expiredAt, retryAt: null }, "Halden", "Europe/Oslo");

  it("in use is information, nobody's mistake", () => {
    expect(refused("in_use").tone).toBe("info");
  });

  it("expired names the date in the viewer's zone", () => {
    expect(refused("ticket_expired", "2026-11-30T20:30:00.000Z").text).toMatch(/Nov 30, 2026.*(9:30|09:30|21:30)/);
    expect(refused("ticket_expired").text).toBe("This code has expired.");
  });

  it("an outage blames no code", () => {
    expect(message({ kind: "platform_down" }, "Halden").text).toMatch(/^Halden does not answer/);
    expect(message({ kind: "offline" }, "Halden").text).toMatch(/offline/);
  });

  it("an unknown refusal reads like a wrong code", () => {
    expect(refused("something_new")).toEqual(refused("invalid_code"));
  });
});
