/** What a page shows when it has nothing, not yet, or not any more. */
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { words } from "../api/failure";
import { Button } from "./button";
import { TicketDrawing } from "./ticket-drawing";

export interface EmptyProps {
  heading: string;
  children: ReactNode;
  action?: ReactNode;
}

export function Empty({ heading, children, action }: EmptyProps) {
  return (
    <div className="c-empty">
      <TicketDrawing />
      <h2>{heading}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Nothing could be loaded at all. */
export function Failed({ what, failure, retry }: { what: string; failure: unknown; retry: () => void }) {
  return (
    <div className="c-empty" role="alert">
      <TriangleAlert size={32} className="c-failed-icon" aria-hidden="true" />
      <h2>{what} could not be loaded</h2>
      <p>{words(failure)}</p>
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}

/** What is shown is not what is there now: the last refresh failed. */
export function Stale({ failure, retry }: { failure: unknown; retry: () => void }) {
  return (
    <div className="c-stale" role="status">
      <TriangleAlert size={16} aria-hidden="true" />
      <span>Not up to date. {words(failure)}</span>
      <Button kind="plain" size="small" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

interface Query<Data> {
  data: Data | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows data when there is some, also old data under a failure; else what became of the question. */
export function Loaded<Data>(props: {
  query: Query<Data>;
  what: string;
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}) {
  const { query, what, loading, children } = props;
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.error !== null) return <Failed what={what} failure={query.error} retry={retry} />;
    return loading ?? <Bars />;
  }
  return (
    <>
      {query.error !== null && <Stale failure={query.error} retry={retry} />}
      {children(query.data)}
    </>
  );
}

/** Grey bars, which appear only when loading takes long enough to be noticed. */
export function Bars({ rows = 6 }: { rows?: number }) {
  return (
    <div className="c-bars" role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars are all the same
        <span key={index} className="c-bar" />
      ))}
    </div>
  );
}
