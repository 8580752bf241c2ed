/** Parts of server-side tables: heads that sort, the pager, and rows that open on a click. */
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, ChevronsUpDown } from "lucide-react";
import type { MouseEvent, ReactNode } from "react";
import { useLocation } from "wouter";
import { count } from "../amounts";
import type { Pagination } from "../api/types";
import { IconButton } from "./button";

export interface SortHeadProps<Key extends string> {
  column: Key;
  sort: { by: Key; order: "asc" | "desc" };
  /** The direction of the first click. */
  first?: "asc" | "desc";
  onSort: (by: Key, order: "asc" | "desc") => void;
  className?: string;
  children: ReactNode;
}

export function SortHead<Key extends string>({
  column,
  sort,
  first = "asc",
  onSort,
  className,
  children,
}: SortHeadProps<Key>) {
  const sorted = sort.by === column;
  const next = !sorted ? first : sort.order === "asc" ? "desc" : "asc";
  const Icon = !sorted ? ChevronsUpDown : sort.order === "asc" ? ArrowUp : ArrowDown;
  const direction = sorted ? (sort.order === "asc" ? "ascending" : "descending") : undefined;
  return (
    <th scope="col" aria-sort={direction} className={className}>
      <button type="button" className="c-sort" data-sorted={sorted} onClick={() => onSort(column, next)}>
        {children}
        <Icon size={14} aria-hidden="true" />
      </button>
    </th>
  );
}

export interface PagerProps {
  pagination: Pagination;
  /** "tickets" */
  things: string;
  note?: ReactNode;
  onPage: (page: number) => void;
}

export function Pager({ pagination: { page, limit, total, totalPages }, things, note, onPage }: PagerProps) {
  const first = total === 0 ? 0 : (page - 1) * limit + 1;
  const last = Math.min(page * limit, total);
  return (
    <div className="c-pager">
      <p>
        {count(first)}–{count(last)} of {count(total)} {things}
        {note}
      </p>
      {totalPages > 1 && (
        <nav aria-label="Pages">
          <IconButton label="Previous page" icon={ChevronLeft} disabled={page <= 1} onClick={() => onPage(page - 1)} />
          <span>
            Page {count(page)} of {count(totalPages)}
          </span>
          <IconButton
            label="Next page"
            icon={ChevronRight}
            disabled={page >= totalPages}
            onClick={() => onPage(page + 1)}
          />
        </nav>
      )}
    </div>
  );
}

/** Props of a row that opens a page on a click anywhere; its first link does the same for the keyboard. */
export function useRowLink() {
  const [, navigate] = useLocation();
  return (href: string) => ({
    onClick: (click: MouseEvent<HTMLTableRowElement>) => {
      const target = click.target as Element;
      // Menus and dialogs of the row bubble through React although they hang elsewhere in the document.
      if (!click.currentTarget.contains(target) || target.closest("a, button, input, label") !== null) return;
      if (window.getSelection()?.isCollapsed === false) return;
      navigate(href);
    },
  });
}
