import { encode } from "uqr";
import type { Event, Ticket } from "../api/types";
import { useAppName } from "../app-name";
import { CodeText } from "../parts/code";
import { Mark } from "../parts/mark";
import { fullDateTime, weekdayDateTime, zoneName } from "../time";
import { siteName, ticketLink } from "./link";
import "../styles/sheet.css";

const PER_PAGE = 8;

export default function Sheet({ event, tickets }: { event: Event; tickets: readonly Ticket[] }) {
  const pages = Array.from({ length: Math.ceil(tickets.length / PER_PAGE) }, (_, page) =>
    tickets.slice(page * PER_PAGE, (page + 1) * PER_PAGE),
  );
  return (
    // Wider than a phone, so it scrolls, and what scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section className="c-sheets" aria-label="Tickets to print" tabIndex={0}>
      {pages.map((page, number) => (
        <ol className="c-sheet" key={page[0]?.id} aria-label={`Page ${number + 1} of ${pages.length}`}>
          {page.map((ticket, index) => (
            <li key={ticket.id}>
              <PrintedTicket event={event} ticket={ticket} of={tickets.length} number={number * PER_PAGE + index + 1} />
            </li>
          ))}
        </ol>
      ))}
    </section>
  );
}

function PrintedTicket(props: { event: Event; ticket: Ticket; number: number; of: number }) {
  const { event, ticket, number, of } = props;
  const appName = useAppName();
  return (
    <>
      <div className="c-printed-top">
        <div>
          <p className="c-printed-app">
            <Mark size={18} />
            {appName}
          </p>
          <p className="c-printed-title">{event.title}</p>
          <p>
            {fullDateTime(event.startsAt)} {zoneName(event.startsAt)}
          </p>
          <p>Watch until {weekdayDateTime(ticket.expiresAt, new Date(event.startsAt))}</p>
        </div>
        <Qr text={ticketLink(ticket.code)} />
      </div>
      <div className="c-printed-foot">
        <p className="c-printed-code">
          <CodeText code={ticket.code} />
          <span>
            {number} / {of}
          </span>
        </p>
        <p>
          Scan, or type the code at <strong>{siteName()}</strong>
        </p>
        <p>Capital and small letters count. One device at a time.</p>
      </div>
    </>
  );
}

/** Drawn as one path of whole modules, so that printers place every edge alike. */
function Qr({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 0 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      className="c-qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code of the ticket"
      shapeRendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}
