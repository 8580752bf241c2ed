/** Tickets as the platform knows them, and what can be done to them. */
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, whole } from "../api/client";
import type { Pagination, Ticket, TicketQuery, TicketStatus } from "../api/types";

const LIST_EVERY_MS = 15_000;
const ONE_EVERY_MS = 3_000;

export interface TicketFilter {
  eventId?: string;
  status?: TicketStatus;
  search?: string;
}

export const useTickets = (query: TicketQuery, enabled = true) =>
  useQuery({
    queryKey: ["tickets", query],
    queryFn: ({ signal }) => whole(api.GET("/api/admin/tokens", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIST_EVERY_MS,
    enabled,
  });

export const useTicket = (id: string) =>
  useQuery({
    queryKey: ["ticket", id],
    queryFn: ({ signal }) => data(api.GET("/api/admin/tokens/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ONE_EVERY_MS,
    enabled: id !== "",
  });

interface TicketList {
  data: Ticket[];
  pagination: Pagination;
}

/** Shows a change of one ticket wherever it is on the screen, before the platform has answered. Returns the way back. */
function showAtOnce(client: QueryClient, id: string, change: Partial<Ticket>): () => void {
  const lists = client.getQueriesData<TicketList>({ queryKey: ["tickets"] });
  const one = client.getQueryData<Ticket>(["ticket", id]);
  const changed = (ticket: Ticket) => (ticket.id === id ? { ...ticket, ...change } : ticket);
  client.setQueriesData<TicketList>(
    { queryKey: ["tickets"] },
    (list) => list && { ...list, data: list.data.map(changed) },
  );
  client.setQueryData<Ticket>(["ticket", id], (ticket) => ticket && changed(ticket));
  return () => {
    for (const [key, list] of lists) client.setQueryData(key, list);
    client.setQueryData(["ticket", id], one);
  };
}

/** Asks anew for everything that shows tickets. */
export const refreshTickets = (client: QueryClient) =>
  Promise.all(
    ["tickets", "ticket", "event", "events", "dashboard", "viewers"].map((key) =>
      client.invalidateQueries({ queryKey: [key] }),
    ),
  );

export interface TicketActions {
  generate: (eventId: string, count: number, label: string) => Promise<Ticket[]>;
  /** These answer the feed's number that an edge has to reach. */
  revoke: (ticket: Ticket) => Promise<number>;
  unrevoke: (ticket: Ticket) => Promise<number>;
  endSession: (ticketId: string) => Promise<void>;
  revokeMany: (which: { tokenIds: string[] } | { filter: TicketFilter }) => Promise<{ count: number; feedSeq: number }>;
}

export function useTicketActions(): TicketActions {
  const client = useQueryClient();
  const then = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work;
    await refreshTickets(client);
    return result;
  };
  const shown = async <Result>(id: string, change: Partial<Ticket>, work: () => Promise<Result>): Promise<Result> => {
    await client.cancelQueries({ queryKey: ["tickets"] });
    const back = showAtOnce(client, id, change);
    try {
      return await then(work());
    } catch (failure) {
      back();
      throw failure;
    }
  };
  const at = (id: string) => ({ params: { path: { id } } });
  return {
    generate: (eventId, count, label) =>
      then(
        data(
          api.POST("/api/admin/events/{id}/tokens/generate", {
            ...at(eventId),
            body: { count, label: label === "" ? null : label },
          }),
        ),
      ),
    revoke: ({ id }) =>
      shown(id, { status: "revoked", isRevoked: true }, async () => {
        return (await data(api.PATCH("/api/admin/tokens/{id}/revoke", at(id)))).feedSeq;
      }),
    unrevoke: ({ id, redeemedAt }) =>
      shown(id, { status: redeemedAt === null ? "unused" : "redeemed", isRevoked: false }, async () => {
        return (await data(api.PATCH("/api/admin/tokens/{id}/unrevoke", at(id)))).feedSeq;
      }),
    endSession: async (id) => void (await then(whole(api.POST("/api/admin/tokens/{id}/end-session", at(id))))),
    revokeMany: async (body) => {
      const { revokedCount, feedSeq } = await then(data(api.POST("/api/admin/tokens/bulk-revoke", { body })));
      return { count: revokedCount, feedSeq };
    },
  };
}
