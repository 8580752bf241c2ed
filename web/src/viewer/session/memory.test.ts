import { expect, it } from "vitest";
import { browserMemory, newDeviceId } from "./memory";

const counting = (bytes: Uint8Array) => bytes.set(bytes.map((_, index) => index * 11));

class Drawer {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

const storage = (drawer: Drawer) => () => drawer as unknown as Storage;
const forbidden = () => {
  throw new DOMException("denied", "SecurityError");
};

it("a device has one name of 24 letters, kept for the next visit", () => {
  const local = storage(new Drawer());
  const first = browserMemory(local, storage(new Drawer()), counting).deviceId();
  expect(first).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(browserMemory(local, storage(new Drawer()), () => undefined).deviceId()).toBe(first);
});

it("a name that the platform would refuse is replaced", () => {
  const drawer = new Drawer();
  drawer.setItem("streamgate.device", "short");
  expect(browserMemory(storage(drawer), storage(new Drawer()), counting).deviceId()).toBe(newDeviceId(counting));
});

it("a browser without storage still has one name for the page", () => {
  const memory = browserMemory(forbidden, forbidden, (bytes) => crypto.getRandomValues(bytes));
  expect(memory.deviceId()).toBe(memory.deviceId());
  memory.remember("AbC");
  expect(memory.code()).toBeNull();
});

it("the code stays with the tab until it is forgotten", () => {
  const memory = browserMemory(storage(new Drawer()), storage(new Drawer()), counting);
  memory.remember("AbC");
  expect(memory.code()).toBe("AbC");
  memory.forget();
  expect(memory.code()).toBeNull();
});
