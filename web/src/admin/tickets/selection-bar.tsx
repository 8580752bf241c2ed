/** The head of the table of tickets: how many there are, or what is selected and what can be done with it. */
import { Ban } from "lucide-react";
import { useEffect, useRef } from "react";
import { count, counted } from "../amounts";
import { InForce } from "../edges/in-force";
import { Button } from "../parts/button";
import { LATEST } from "./questions";
import type { Selection } from "./selection";

export interface SelectionBarProps {
  selection: Selection;
  /** How many the filter matches on all pages. */
  total: number;
  onRevoke: () => void;
}

export function SelectionBar({ selection, total, onRevoke }: SelectionBarProps) {
  const number = selection.all ? total : selection.ids.length;
  return (
    <div className="c-selection-bar" data-on={number > 0}>
      <PageBox selection={selection} />
      {number === 0 ? (
        <>
          <span>{counted(total, "ticket")}</span>
          <span className="c-toolbar-end">
            <InForce id={LATEST} />
          </span>
        </>
      ) : (
        <>
          <strong>{count(number)} selected</strong>
          {!selection.all && total > selection.ids.length && (
            <Button kind="plain" size="small" onClick={selection.selectAll}>
              Select all {count(total)} matching
            </Button>
          )}
          <span className="c-toolbar-end">
            <Button size="small" onClick={selection.clear}>
              Clear
            </Button>
            <Button kind="danger" size="small" icon={Ban} onClick={onRevoke}>
              Revoke {counted(number, "ticket")}
            </Button>
          </span>
        </>
      )}
    </div>
  );
}

function PageBox({ selection }: { selection: Selection }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = selection.page === "some";
  }, [selection.page]);
  return (
    <input
      ref={box}
      type="checkbox"
      className="c-checkbox"
      aria-label="Select all tickets on this page"
      checked={selection.page === "all"}
      onChange={(change) => selection.setPage(change.target.checked)}
    />
  );
}
