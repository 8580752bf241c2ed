/** Making tickets, and handing them out: copied, as a file, or printed. */
import { Check, FileDown, Printer } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { counted } from "../amounts";
import { save } from "../api/client";
import { Refusal, words } from "../api/failure";
import type { Ticket } from "../api/types";
import { useEvent } from "../events/queries";
import { useFilters } from "../filters";
import { announce } from "../parts/announcer";
import { Button, ButtonLink } from "../parts/button";
import { CodeText } from "../parts/code";
import { CopyButton } from "../parts/copy-button";
import { EventPicker } from "../parts/event-picker";
import { Field } from "../parts/field";
import { PageHead } from "../parts/page";
import { fullDateTime, zoneName } from "../time";
import { csvOf } from "./csv";
import { siteName, ticketLink } from "./link";
import { useTicketActions } from "./queries";
import { sheetOf } from "./sheet-query";

const COUNT_MAX = 500;

export function GeneratePage() {
  const [tickets, setTickets] = useState<Ticket[]>([]);
  return (
    <>
      <PageHead
        title="Generate tickets"
        crumbs={[{ label: "Tickets", href: "/admin/tickets" }, { label: "Generate" }]}
      />
      <div className="c-generate-columns">
        <GenerateForm again={tickets.length > 0} onTickets={setTickets} />
        {tickets.length > 0 ? <Result tickets={tickets} /> : <Before />}
      </div>
    </>
  );
}

interface Errors {
  event?: string;
  count?: string;
  label?: string;
  all?: string;
}

function GenerateForm({ again, onTickets }: { again: boolean; onTickets: (tickets: Ticket[]) => void }) {
  const filters = useFilters();
  const eventId = filters.get("eventId");
  const event = useEvent(eventId).data;
  const actions = useTicketActions();
  const [number, setNumber] = useState("24");
  const [label, setLabel] = useState("");
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const pickerId = useId();
  const submit = async (submitted: FormEvent) => {
    submitted.preventDefault();
    const wanted = /^\d{1,9}$/.test(number.trim()) ? Number(number) : 0;
    const found: Errors = {};
    if (eventId === "") found.event = "Choose an event first.";
    if (wanted < 1 || wanted > COUNT_MAX) found.count = `Must be a whole number from 1 to ${COUNT_MAX}.`;
    setErrors(found);
    if (busy || Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      const tickets = await actions.generate(eventId, wanted, label.trim());
      onTickets(tickets);
      announce(`${counted(tickets.length, "ticket")} created`);
    } catch (failure) {
      const fields = failure instanceof Refusal ? failure.fields : {};
      setErrors(Object.keys(fields).length > 0 ? fields : { all: words(failure) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="c-card c-card-form" onSubmit={submit} noValidate>
      <div className="c-field">
        <label htmlFor={pickerId}>Event</label>
        <EventPicker
          id={pickerId}
          label="Event"
          empty="Type part of its title"
          value={eventId}
          required
          onChange={(id) => filters.set({ eventId: id })}
        />
        {errors.event ? (
          <p className="c-field-error" role="alert">
            {errors.event}
          </p>
        ) : (
          event && (
            <p className="c-hint">
              {fullDateTime(event.startsAt)} {zoneName(event.startsAt)}
            </p>
          )
        )}
      </div>
      <Field label="How many" error={errors.count} hint={`1 to ${COUNT_MAX} at a time`}>
        {(ids) => (
          <input {...ids} inputMode="numeric" value={number} onChange={(change) => setNumber(change.target.value)} />
        )}
      </Field>
      <Field label="Label" optional error={errors.label} hint="Only you see it. Good for finding people again.">
        {(ids) => <input {...ids} maxLength={200} value={label} onChange={(change) => setLabel(change.target.value)} />}
      </Field>
      {errors.all && (
        <p className="c-field-error" role="alert">
          {errors.all}
        </p>
      )}
      <Button type="submit" kind={again ? "secondary" : "primary"} busy={busy} className="c-btn-wide">
        {again ? "Generate more" : "Generate Tickets"}
      </Button>
    </form>
  );
}

function Before() {
  return (
    <div className="c-card c-generate-before">
      <h2>Then hand them out</h2>
      <ul>
        <li>Print a sheet of eight tickets a page, each with a QR code.</li>
        <li>Save them as CSV for your ticket shop or a mail merge.</li>
        <li>Copy single codes or links into a message.</li>
      </ul>
    </div>
  );
}

function Result({ tickets }: { tickets: Ticket[] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = tickets[0];
  if (first === undefined) return null;
  const csv = () => save(new Blob([csvOf(tickets)], { type: "text/csv;charset=utf-8" }), "tickets.csv");
  return (
    <section className="c-card c-table-card" aria-label="Created tickets">
      <div className="c-result-head">
        <span className="c-result-mark" aria-hidden="true">
          <Check size={20} />
        </span>
        <div>
          <h2 ref={heading}>{counted(tickets.length, "ticket")} created</h2>
          <p className="c-hint">Valid until {fullDateTime(first.expiresAt)}</p>
        </div>
        <div className="c-toolbar-end">
          <CopyButton what="all codes" text={() => tickets.map(({ code }) => code).join("\n")}>
            Copy all
          </CopyButton>
          <Button icon={FileDown} onClick={csv}>
            CSV
          </Button>
          <ButtonLink kind="primary" icon={Printer} href={sheetOf(first.eventId, first.createdAt)}>
            Print sheet
          </ButtonLink>
        </div>
      </div>
      <div className="c-table-scroll">
        <table className="c-table c-table-cards">
          <caption className="visually-hidden">Created tickets</caption>
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">Code</th>
              <th scope="col">Label</th>
              <th scope="col">Link for mail or QR</th>
              <th scope="col">
                <span className="visually-hidden">Copy</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tickets.map(({ id, code, label }, index) => (
              <tr key={id}>
                <td data-label="No." className="c-faint">
                  {index + 1}
                </td>
                <th scope="row" className="c-cell-code">
                  <CodeText code={code} />
                </th>
                <td data-label="Label">{label ?? "–"}</td>
                <td data-label="Link" className="c-faint c-clip">
                  {siteName()}/#code=…
                </td>
                <td className="c-cell-action">
                  <CopyButton size="small" what={`link to ticket ${index + 1}`} text={() => ticketLink(code)}>
                    Copy
                  </CopyButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="c-table-foot">All codes also stay under Tickets.</p>
    </section>
  );
}
