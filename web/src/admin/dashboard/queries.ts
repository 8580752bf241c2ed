import { useQuery } from "@tanstack/react-query";
import { api, data } from "../api/client";

const EVERY_MS = 5_000;
// A point of the week's chart stands for half an hour.
const WEEK_EVERY_MS = 60_000;

export const useDashboard = () =>
  useQuery({
    queryKey: ["dashboard"],
    queryFn: ({ signal }) => data(api.GET("/api/admin/dashboard", { signal })),
    refetchInterval: EVERY_MS,
  });

/** The points of the last seven days; asked for only while they are shown. */
export const useWeek = (shown: boolean) =>
  useQuery({
    queryKey: ["dashboard", "week"],
    queryFn: ({ signal }) => data(api.GET("/api/admin/dashboard", { params: { query: { range: "week" } }, signal })),
    select: ({ viewersOverTime }) => viewersOverTime,
    enabled: shown,
    refetchInterval: WEEK_EVERY_MS,
  });
