/** Tickets by status: one bar, and beside each colour its word and number. */
import { count } from "../amounts";
import type { Breakdown } from "../api/types";
import { ticketWords } from "./badge";

const order = ["unused", "redeemed", "revoked", "expired"] as const;

export function BreakdownBar({ breakdown }: { breakdown: Breakdown }) {
  return (
    <div className="c-breakdown">
      <div className="c-breakdown-bar" aria-hidden="true">
        {order.map((status) => (
          <span
            key={status}
            className={`c-part-${status}`}
            style={{ flexGrow: breakdown[status] }}
            data-none={breakdown[status] === 0}
          />
        ))}
      </div>
      <dl>
        {order.map((status) => (
          <div key={status}>
            <dt>
              <span className={`c-square c-part-${status}`} aria-hidden="true" />
              {ticketWords[status]}
            </dt>
            <dd>{count(breakdown[status])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
