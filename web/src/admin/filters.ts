/** Filters of a list, kept in the address: a link shows the same list, and Back undoes a filter. */
import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";

export interface Filters {
  get: (name: string) => string;
  /** Sets some; the empty text removes one. Every change but that of the page goes back to the first page. */
  set: (changes: Record<string, string>) => void;
  page: number;
  toPage: (page: number) => void;
  clear: () => void;
  /** Whether anything but page and order is set. */
  any: boolean;
}

/** Returns the search part of an address after changes. */
export function changed(search: string, changes: Record<string, string>): string {
  const params = new URLSearchParams(search);
  if (!("page" in changes)) params.delete("page");
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") params.delete(name);
    else params.set(name, value);
  }
  return params.toString();
}

/** Reads a page number; anything that is none is the first page. */
export function pageIn(search: string): number {
  const text = new URLSearchParams(search).get("page") ?? "";
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1;
}

const notFilters = new Set(["page", "sort", "order"]);

export function useFilters(): Filters {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const go = useCallback(
    (next: string, replace: boolean) => navigate(next === "" ? path : `${path}?${next}`, { replace }),
    [navigate, path],
  );
  const set = useCallback(
    // Searching replaces, so that Back does not walk through every word that was typed.
    (changes: Record<string, string>) => go(changed(search, changes), "search" in changes),
    [go, search],
  );
  const params = new URLSearchParams(search);
  return {
    get: (name) => params.get(name) ?? "",
    set,
    page: pageIn(search),
    toPage: (page) => go(changed(search, { page: page === 1 ? "" : String(page) }), false),
    clear: () => go("", false),
    any: [...params.keys()].some((name) => !notFilters.has(name)),
  };
}
