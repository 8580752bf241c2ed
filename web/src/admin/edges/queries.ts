/** The edges as the platform last heard them. */
import { useQuery } from "@tanstack/react-query";
import { api, data } from "../api/client";
import type { Edge } from "../api/types";
import { isAnythingPending } from "./pending";

export type { Edge };

const EVERY_MS = 5_000;
// Edges report within 200 ms of a change; asking faster would show nothing sooner.
const WHILE_PENDING_MS = 200;

/** Asks often while a change is on its way to the edges. */
export const useEdgesOverview = () =>
  useQuery({
    queryKey: ["edges"],
    queryFn: ({ signal }) => data(api.GET("/api/admin/edges", { signal })),
    refetchInterval: () => (isAnythingPending() ? WHILE_PENDING_MS : EVERY_MS),
  });

export function useEdges() {
  const overview = useEdgesOverview();
  return { data: overview.data?.edges };
}
