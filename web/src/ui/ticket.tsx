/** The ticket: a card of two halves, torn along a seam. It is shown where access is given or taken, and nowhere else. */
import type { ReactNode } from "react";
import "./ticket.css";

export interface TicketProps {
  upper: ReactNode;
  lower: ReactNode;
}

export function Ticket({ upper, lower }: TicketProps) {
  return (
    <div className="ticket">
      <div className="ticket-upper">{upper}</div>
      <div className="ticket-lower">{lower}</div>
    </div>
  );
}
