/** Events as the platform knows them, and what can be done to them. */
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, whole } from "../api/client";
import type { Event, EventForm, EventQuery } from "../api/types";

const LIST_EVERY_MS = 10_000;
const ONE_EVERY_MS = 5_000;

export const useEvents = (query: EventQuery) =>
  useQuery({
    queryKey: ["events", query],
    queryFn: ({ signal }) => whole(api.GET("/api/admin/events", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIST_EVERY_MS,
  });

export const useEvent = (id: string) =>
  useQuery({
    queryKey: ["event", id],
    queryFn: ({ signal }) => data(api.GET("/api/admin/events/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ONE_EVERY_MS,
    enabled: id !== "",
  });

/** Asks anew for everything that shows events. */
export const refreshEvents = (client: QueryClient) =>
  Promise.all(
    ["events", "event", "dashboard", "event-choices"].map((key) => client.invalidateQueries({ queryKey: [key] })),
  );

export interface EventActions {
  create: (form: EventForm) => Promise<Event>;
  edit: (id: string, form: EventForm) => Promise<Event>;
  /** Answers the feed's number that an edge has to reach. */
  deactivate: (id: string) => Promise<number>;
  reactivate: (id: string) => Promise<number>;
  archive: (id: string) => Promise<void>;
  unarchive: (id: string) => Promise<void>;
  /** `typedTitle` is what the organizer typed to confirm it. */
  remove: (id: string, typedTitle: string) => Promise<void>;
}

export function useEventActions(): EventActions {
  const client = useQueryClient();
  const then = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = await work;
    await refreshEvents(client);
    return result;
  };
  const at = (id: string) => ({ params: { path: { id } } });
  return {
    create: (body) => then(data(api.POST("/api/admin/events", { body }))),
    edit: (id, body) => then(data(api.PUT("/api/admin/events/{id}", { ...at(id), body }))),
    deactivate: async (id) => (await then(data(api.PATCH("/api/admin/events/{id}/deactivate", at(id))))).feedSeq,
    reactivate: async (id) => (await then(data(api.PATCH("/api/admin/events/{id}/reactivate", at(id))))).feedSeq,
    archive: async (id) => void (await then(whole(api.PATCH("/api/admin/events/{id}/archive", at(id))))),
    unarchive: async (id) => void (await then(whole(api.PATCH("/api/admin/events/{id}/unarchive", at(id))))),
    remove: async (id, typedTitle) => {
      const header = { "X-Confirm-Delete": encodeURIComponent(typedTitle) };
      await whole(api.DELETE("/api/admin/events/{id}", { params: { path: { id }, header } }));
      client.removeQueries({ queryKey: ["event", id] });
      await Promise.all([refreshEvents(client), client.invalidateQueries({ queryKey: ["tickets"] })]);
    },
  };
}
