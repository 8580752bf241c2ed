import { expect, test } from "vitest";
import type { TicketDetail } from "../api/types";
import { diagnose } from "./diagnosis";

const now = Date.parse("2026-11-28T19:30:00Z");
const event = { isActive: true, startsAt: "2026-11-28T18:00:00Z" };
const session = {
  since: "2026-11-28T18:24:00Z",
  lastSeenAt: "2026-11-28T19:29:58Z",
  edgeId: "lund-1",
  device: null,
  clients: 1,
};
const ticket = (change: Partial<TicketDetail> = {}): TicketDetail => ({
  id: "1",
  code: "Qf3vT8nZp1Ks",
  eventId: "e",
  eventTitle: "Halden Quartet",
  label: "Row 4, seat 12",
  status: "redeemed",
  isRevoked: false,
  revokedAt: null,
  redeemedAt: "2026-11-28T18:24:00Z",
  redeemedIp: null,
  expiresAt: "2026-11-30T20:30:00Z",
  createdAt: "2026-11-01T12:00:00Z",
  session: null,
  refusals: [],
  ...change,
});
const refused = (code: string, minutesAgo: number) => ({
  at: new Date(now - minutesAgo * 60_000).toISOString(),
  reason: code,
  place: "validate" as const,
});
const remedy = (change: Partial<TicketDetail>, facts = event) => diagnose(ticket(change), facts, now).remedy;

test("a caller who is refused while a device plays is helped by ending its session", () => {
  expect(remedy({ session, refusals: [refused("in_use", 1)] })).toBe("end-session");
  expect(remedy({ session, refusals: [refused("in_use", 45)] })).toBeNull();
});

test("a revoked ticket can come back unless it has expired too", () => {
  expect(remedy({ status: "revoked" })).toBe("unrevoke");
  expect(remedy({ status: "revoked", expiresAt: "2026-11-28T19:29:59Z" })).toBeNull();
});

test("a deactivated event is the reason before anything about its tickets but their revocation", () => {
  expect(remedy({ session }, { ...event, isActive: false })).toBe("reactivate");
  expect(remedy({ status: "revoked" }, { ...event, isActive: false })).toBe("unrevoke");
});

test("a session that many players share is told as such", () => {
  expect(diagnose(ticket({ session: { ...session, clients: 3 } }), event, now).heading).toContain("3 players");
});

test("a ticket that works is said to work", () => {
  expect(diagnose(ticket(), event, now)).toMatchObject({ kind: "good", remedy: "copy-link" });
  expect(diagnose(ticket(), { ...event, startsAt: "2026-11-28T20:00:00Z" }, now).heading).toContain("has not started");
});
