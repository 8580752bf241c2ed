import { useQuery } from "@tanstack/react-query";
import { api, data } from "../api/client";

const EVERY_MS = 5_000;

export const useDashboard = () =>
  useQuery({
    queryKey: ["dashboard"],
    queryFn: ({ signal }) => data(api.GET("/api/admin/dashboard", { signal })),
    refetchInterval: EVERY_MS,
  });
