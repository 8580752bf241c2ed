import { expect, test } from "vitest";
import type { Ticket } from "../api/types";
import { csvOf } from "./csv";

const ticket: Ticket = {
  id: "1",
  code: "Wd8kR3vYq5Tn",
  eventId: "e",
  eventTitle: 'Marais, "by Candlelight"',
  label: "=HYPERLINK(1)",
  status: "unused",
  isRevoked: false,
  revokedAt: null,
  redeemedAt: null,
  redeemedIp: null,
  expiresAt: "2026-12-01T17:30:00.000Z",
  createdAt: "2026-11-28T17:30:00.000Z",
};

test("a spreadsheet reads a file of tickets as text, whatever the organizer wrote", () => {
  expect(csvOf([ticket, { ...ticket, eventTitle: "Marais", label: null }])).toBe(
    "Code,Event Title,Expires At,Label,Status\r\n" +
      'Wd8kR3vYq5Tn,"Marais, ""by Candlelight""",2026-12-01T17:30:00.000Z,\'=HYPERLINK(1),unused\r\n' +
      "Wd8kR3vYq5Tn,Marais,2026-12-01T17:30:00.000Z,,unused\r\n",
  );
});
