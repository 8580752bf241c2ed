/** The organizer, through the admin API. */

export interface Event {
  id: string;
  title: string;
}

export interface Ticket {
  id: string;
  code: string;
}

export interface EventWish {
  title?: string;
  description?: string;
  startsInMs?: number;
  endsInMs?: number;
  accessWindowHours?: number;
  devicePolicy?: "block" | "takeover";
  posterUrl?: string;
  streamUrl?: string;
}

const HOUR_MS = 3_600_000;

export class Admin {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  createEvent(wish: EventWish = {}): Promise<Event> {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    return this.call("POST", "/events", {
      title: wish.title ?? "Halden Quartet",
      description: wish.description ?? "Schubert, Webern, Ravel",
      startsAt: at(wish.startsInMs ?? -HOUR_MS),
      endsAt: at(wish.endsInMs ?? HOUR_MS),
      accessWindowHours: wish.accessWindowHours ?? 48,
      devicePolicy: wish.devicePolicy ?? "block",
      posterUrl: wish.posterUrl ?? null,
      streamUrl: wish.streamUrl ?? null,
    });
  }

  /** Moves an event, and with it the end of its tickets. */
  reschedule = (event: Event, startsInMs: number, endsInMs: number, accessWindowHours: number) =>
    this.call("PUT", `/events/${event.id}`, {
      title: event.title,
      startsAt: new Date(Date.now() + startsInMs).toISOString(),
      endsAt: new Date(Date.now() + endsInMs).toISOString(),
      accessWindowHours,
    });

  createTickets = (event: Event, count: number, label: string | null = null) =>
    this.call<Ticket[]>("POST", `/events/${event.id}/tokens/generate`, { count, label });

  async createTicket(event: Event): Promise<Ticket> {
    const [ticket] = await this.createTickets(event, 1);
    if (ticket === undefined) throw new Error("no ticket was generated");
    return ticket;
  }

  revoke = (ticket: Ticket) => this.call("PATCH", `/tokens/${ticket.id}/revoke`);
  kick = (ticket: Ticket) => this.call("POST", `/tokens/${ticket.id}/end-session`);
  deactivate = (event: Event) => this.call("PATCH", `/events/${event.id}/deactivate`);

  private async call<Data>(method: string, path: string, body?: unknown): Promise<Data> {
    const response = await fetch(`${this.url}/api/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.key}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (JSON.parse(text) as { data: Data }).data;
  }
}
