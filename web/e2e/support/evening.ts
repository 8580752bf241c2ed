/** An installation in the middle of an evening: events of every kind, tickets in every state, people watching. */
import { randomBytes } from "node:crypto";
import type { Event, Ticket } from "./admin";
import type { Server } from "./server";
import { sqlite } from "./sql";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Evening {
  live: Event;
  upcoming: Event;
  /** Tickets of the event that is on. */
  tickets: Ticket[];
}

/** Somebody who watches: enough for the platform to count them for a minute. */
export async function redeem(
  server: Server,
  code: string,
  deviceId = randomBytes(12).toString("hex"),
): Promise<Response> {
  return fetch(`${server.url}/api/tokens/validate`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36",
    },
    body: JSON.stringify({ code, deviceId }),
  });
}

/** A picture that needs no network: the tests serve it themselves. */
const poster = (hue: number) => `https://posters.example/${hue}.svg`;

export async function evening(server: Server): Promise<Evening> {
  const { admin } = server;
  const plan = [
    { title: "Masterclass: Bach Cello Suites", startsInMs: -21 * DAY, endsInMs: -21 * DAY + 3 * HOUR, tickets: 90 },
    {
      title: "Trio Aurel: Brahms and Clarke",
      startsInMs: -6 * DAY,
      endsInMs: -6 * DAY + 2 * HOUR,
      accessWindowHours: 168,
      tickets: 420,
    },
    { title: "Marais by Candlelight", startsInMs: DAY, endsInMs: DAY + 2 * HOUR, tickets: 240, posterUrl: poster(30) },
    {
      title: "Goldberg Variations, Late Session",
      startsInMs: 6 * DAY,
      endsInMs: 6 * DAY + 2 * HOUR,
      accessWindowHours: 24,
      tickets: 350,
    },
    {
      title: "Winterreise with Fortepiano",
      startsInMs: 14 * DAY,
      endsInMs: 14 * DAY + 2 * HOUR,
      accessWindowHours: 72,
      tickets: 180,
    },
    { title: "New Year Serenades", startsInMs: 33 * DAY, endsInMs: 33 * DAY + 2 * HOUR, tickets: 400 },
  ];
  const made = new Map<string, Event>();
  for (const { tickets, ...wish } of plan) {
    const event = await admin.createEvent({ description: "", ...wish });
    made.set(wish.title, event);
    if (wish.endsInMs > -2 * DAY || wish.accessWindowHours === 168) await admin.createTickets(event, tickets);
  }
  const live = await admin.createEvent({
    title: "Halden Quartet: Schubert, Webern, Ravel",
    description: "Three centuries in one evening, from the Assembly Rooms.",
    startsInMs: -HOUR,
    endsInMs: HOUR,
    posterUrl: poster(280),
  });
  const labels = [
    "Row 4, seat 12",
    "Members’ evening",
    "Press: Sydsvenska",
    "Row 7, seat 3",
    "Row 2, seat 9",
    "Friends of the hall",
  ];
  const tickets: Ticket[] = [];
  for (const label of labels) tickets.push(...(await admin.createTickets(live, 20, label)));
  const watching = tickets.filter((_, index) => index % 3 !== 0);
  for (const ticket of watching) await redeem(server, ticket.code);
  // The one who calls: refused, because the ticket plays elsewhere.
  for (const ticket of watching.slice(0, 1))
    for (let times = 0; times < 3; times += 1) await redeem(server, ticket.code);
  await sqlite(server.database, samples("", Date.now(), watching.length));
  await sqlite(server.database, samples(live.id, Date.now(), watching.length));
  const upcoming = made.get("Marais by Candlelight");
  if (upcoming === undefined) throw new Error("no upcoming event");
  return { live, upcoming, tickets: [...watching, ...tickets.filter((ticket) => !watching.includes(ticket))] };
}

/** Six hours of viewers: a few stragglers, then the doors open an hour ago. */
function samples(event: string, now: number, watching: number): string {
  const minute = Math.floor(now / 60_000) * 60_000;
  const rows = Array.from({ length: 360 }, (_, back) => {
    const rising = Math.min(1, Math.max(0, (75 - back) / 25));
    const wave = Math.round(2 + 2 * Math.sin(back / 7));
    return `('${event}', ${minute - back * 60_000}, ${Math.round(watching * rising * (1 - 0.04 * Math.cos(back / 5))) + wave})`;
  });
  return `INSERT INTO viewer_samples (event_id, minute, viewers) VALUES ${rows.join(",")} ON CONFLICT DO NOTHING;`;
}
