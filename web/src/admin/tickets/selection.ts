/** Which tickets are selected: some by name, also on other pages, or all that match the filter. */
import { useState } from "react";

export interface Selection {
  ids: string[];
  /** Everything that the filter matches, on all pages. */
  all: boolean;
  has: (id: string) => boolean;
  set: (id: string, on: boolean) => void;
  /** How many of the page are selected. */
  page: "none" | "some" | "all";
  setPage: (on: boolean) => void;
  selectAll: () => void;
  clear: () => void;
}

/** Returns the ids with these ones added or taken away. */
export function withIds(ids: ReadonlySet<string>, changed: readonly string[], on: boolean): Set<string> {
  const next = new Set(ids);
  for (const id of changed) {
    if (on) next.add(id);
    else next.delete(id);
  }
  return next;
}

export function pageState(ids: ReadonlySet<string>, page: readonly string[]): "none" | "some" | "all" {
  const selected = page.filter((id) => ids.has(id)).length;
  if (selected === 0) return "none";
  return selected === page.length ? "all" : "some";
}

export function useSelection(page: readonly { id: string }[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const onPage = page.map(({ id }) => id);
  const change = (changed: readonly string[], on: boolean) => {
    // Taking one away from "all that match" leaves the others of this page: they are all that can be named.
    const before = all ? new Set(onPage) : ids;
    setAll(false);
    setIds(withIds(before, changed, on));
  };
  return {
    ids: [...ids],
    all,
    has: (id) => all || ids.has(id),
    set: (id, on) => change([id], on),
    page: all ? "all" : pageState(ids, onPage),
    setPage: (on) => change(onPage, on),
    selectAll: () => setAll(true),
    clear: () => {
      setAll(false);
      setIds(new Set());
    },
  };
}
