/** A few tickets as CSV, made by the page from what it has just been given; a whole event's are made by the platform. */
import type { Ticket } from "../api/types";

/** RFC 4180, with a sign before whatever a spreadsheet would run as a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const head = ["Code", "Event Title", "Expires At", "Label", "Status"];

export function csvOf(tickets: readonly Ticket[]): string {
  const rows = tickets.map(({ code, eventTitle, expiresAt, label, status }) => [
    code,
    eventTitle,
    expiresAt,
    label ?? "",
    status,
  ]);
  return `${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
