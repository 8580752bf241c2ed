import { expect, test } from "vitest";
import { SignInGate } from "./gate";

test("a request that waits goes on when somebody has signed in", async () => {
  const gate = new SignInGate();
  gate.open();
  gate.close();
  let sent = false;
  const request = gate.whenOpen().then(() => {
    sent = true;
  });
  await Promise.resolve();
  expect(sent).toBe(false);
  gate.open();
  await request;
  expect(sent).toBe(true);
});

test("a session that ends in the middle of work leaves the page, one that never was shows the sign-in", () => {
  const fresh = new SignInGate();
  fresh.close();
  expect(fresh.state()).toBe("signed-out");
  const working = new SignInGate();
  working.open();
  working.close();
  expect(working.state()).toBe("expired");
  working.close();
  expect(working.state()).toBe("expired");
});

test("who signs out on purpose leaves nothing behind that is sent later", async () => {
  const gate = new SignInGate();
  gate.open();
  gate.close();
  let sent = false;
  void gate.whenOpen().then(() => {
    sent = true;
  });
  gate.leave();
  gate.open();
  await Promise.resolve();
  expect(sent).toBe(false);
});
