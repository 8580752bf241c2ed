import { Link } from "wouter";
import { useNow } from "../use-now";
import { SettleChanges } from "./in-force";
import { useEdges } from "./queries";
import { edgesState } from "./state";

/** One line in the sidebar: whether what is done here reaches all edges. */
export function EdgesInBrief() {
  const edges = useEdges().data;
  const now = useNow(5_000);
  if (edges === undefined) return null;
  const { kind, words } = edgesState(edges, now);
  return (
    <>
      <SettleChanges />
      <Link href="/admin/edges" className="c-edges-brief" data-kind={kind} title={words}>
        <span className="c-dot" aria-hidden="true" />
        <span className="c-place-label">{words}</span>
      </Link>
    </>
  );
}
