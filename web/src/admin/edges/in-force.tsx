/** Shows how far a change has come: "reaching edges 1/3", "in force on 3/3 edges after 0.2 s". */
import { useQueryClient } from "@tanstack/react-query";
import { Check, TriangleAlert } from "lucide-react";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { announce } from "../parts/announcer";
import { useNow } from "../use-now";
import { allChanges, begin, FORGET_AFTER_MS, reach, settle, subscribe } from "./pending";
import { useEdges } from "./queries";

// An edge in contact applies within a second; one that needs longer deserves a look.
const SILENT_AFTER_MS = 3_000;

export function useInForce() {
  const client = useQueryClient();
  return useMemo(
    () => ({
      /** Follows a change of these tickets or events until every edge has it. */
      begin: (id: string | readonly string[], feedSeq: number) => {
        begin(typeof id === "string" ? [id] : id, feedSeq, Date.now());
        announce("Reaching the edges");
        void client.invalidateQueries({ queryKey: ["edges"] });
      },
    }),
    [client],
  );
}

/** Compares the changes with what edges say; once on the page. */
export function SettleChanges() {
  const edges = useEdges().data;
  const changes = useSyncExternalStore(subscribe, allChanges);
  useEffect(() => {
    if (edges !== undefined && changes.size > 0 && settle(edges, Date.now()).length > 0) {
      announce("In force on all edges");
    }
  }, [edges, changes]);
  return null;
}

export function InForce({ id, brief = false }: { id: string; brief?: boolean }) {
  const change = useSyncExternalStore(subscribe, allChanges).get(id);
  const edges = useEdges().data;
  if (change === undefined || edges === undefined) return null;
  const { applied, heard, missing } = reach(change.feedSeq, edges);
  if (change.tookMs !== null) {
    return (
      <span className="c-in-force" data-state="done">
        <Check size={14} aria-hidden="true" />
        in force on {heard}/{heard} edges
        {brief || ` after ${(change.tookMs / 1_000).toFixed(1)} s`}
      </span>
    );
  }
  return <OnItsWay startedAt={change.startedAt} applied={applied} heard={heard} missing={missing} />;
}

function OnItsWay(props: { startedAt: number; applied: number; heard: number; missing: string[] }) {
  const { startedAt, applied, heard, missing } = props;
  const now = useNow();
  const latest = `at the latest in ${Math.max(1, Math.ceil((startedAt + FORGET_AFTER_MS - now) / 60_000))} min`;
  if (heard === 0) {
    return (
      <span className="c-in-force" data-state="silent">
        <TriangleAlert size={14} aria-hidden="true" />
        no edge is in contact, {latest}
      </span>
    );
  }
  if (now - startedAt > SILENT_AFTER_MS) {
    return (
      <span className="c-in-force" data-state="silent">
        <TriangleAlert size={14} aria-hidden="true" />
        {applied}/{heard}, {missing.join(", ")} {missing.length === 1 ? "is" : "are"} silent, {latest}
      </span>
    );
  }
  return (
    <span className="c-in-force" data-state="under-way">
      <span className="c-btn-spinner" aria-hidden="true" />
      reaching edges {applied}/{heard}
    </span>
  );
}
