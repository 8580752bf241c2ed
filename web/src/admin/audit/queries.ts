import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, whole } from "../api/client";
import type { AuditQuery } from "../api/types";

const EVERY_MS = 10_000;

export const useAuditLog = (query: AuditQuery) =>
  useQuery({
    queryKey: ["audit", query],
    queryFn: ({ signal }) => whole(api.GET("/api/admin/audit-log", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
