import { afterEach, expect, it, vi } from "vitest";
import { askEdge, refusalCode } from "./edge-check";

afterEach(() => vi.unstubAllGlobals());

const request = { url: "https://edge.example/streams/e1/stream.m3u8", headers: { Authorization: "Bearer x" } };

function edgeAnswers(...answers: Array<[number, string] | Error>): string[] {
  const methods: string[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    methods.push(init.method ?? "GET");
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("nobody answers");
    return new Response(answer[1], { status: answer[0] });
  });
  return methods;
}

it("one HEAD is enough while all is well", async () => {
  const methods = edgeAnswers([200, ""]);
  expect(await askEdge(request)).toEqual({ kind: "ok" });
  expect(methods).toEqual(["HEAD"]);
});

it("a refusal is asked for its reason", async () => {
  const methods = edgeAnswers([403, ""], [403, '{"error":"Access denied","code":"session_ended"}']);
  expect(await askEdge(request)).toEqual({ kind: "refused", code: "session_ended" });
  expect(methods).toEqual(["HEAD", "GET"]);
});

it.each<[[number, string] | Error, string]>([
  [[404, ""], "missing"],
  [[503, ""], "trouble"],
  [[429, ""], "trouble"],
  [new TypeError("network"), "trouble"],
])("an outage is no refusal: %s", async (answer, kind) => {
  edgeAnswers(answer);
  expect(await askEdge(request)).toEqual({ kind });
});

it.each(["", "<html>", "null", '{"code":7}'])("a body that names no reason gives none: %j", (text) => {
  expect(refusalCode(text)).toBe("unknown");
});
