/** Which tickets a sheet shows: those of one making, or all unused ones of an event. No code stands in its address. */
import { useQuery } from "@tanstack/react-query";
import { api, whole } from "../api/client";
import type { Ticket } from "../api/types";

const PER_REQUEST = 200;
// What a browser lays out for print in a few seconds.
export const SHEET_MAX = 2_000;

/** The address of a sheet of the tickets that were made together. */
export const sheetOf = (eventId: string, createdAt: string) =>
  `/admin/events/${eventId}/sheet?created=${encodeURIComponent(createdAt)}`;

/** Whether the tickets that follow, which are older, may still belong to the sheet. */
const mayFollow = (page: readonly Ticket[], created: string | null) =>
  created === null || page.some((ticket) => Date.parse(ticket.createdAt) >= Date.parse(created));

async function load(id: string, created: string | null, signal: AbortSignal): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  const status = created === null ? ("unused" as const) : undefined;
  for (let page = 1; tickets.length < SHEET_MAX; page += 1) {
    const query = { status, page, limit: PER_REQUEST };
    const { data, pagination } = await whole(
      api.GET("/api/admin/events/{id}/tokens", { params: { path: { id }, query }, signal }),
    );
    tickets.push(...data.filter((ticket) => created === null || ticket.createdAt === created));
    if (page >= pagination.totalPages || !mayFollow(data, created)) break;
  }
  return tickets.slice(0, SHEET_MAX);
}

export const useSheet = (id: string, created: string | null) =>
  useQuery({
    queryKey: ["sheet", id, created],
    queryFn: ({ signal }) => load(id, created, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
