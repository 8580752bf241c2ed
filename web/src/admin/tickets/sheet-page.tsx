/** Tickets to be printed and cut: eight on a page of A4. */
import { Printer } from "lucide-react";
import { lazy, Suspense } from "react";
import { useSearch } from "wouter";
import { counted } from "../amounts";
import { useEvent } from "../events/queries";
import { Button, ButtonLink } from "../parts/button";
import { PageHead } from "../parts/page";
import { Bars, Empty, Loaded } from "../parts/states";
import { SHEET_MAX, useSheet } from "./sheet-query";

// QR codes are needed nowhere else.
const Sheet = lazy(() => import("./sheet"));

export function SheetPage({ id }: { id: string }) {
  const created = new URLSearchParams(useSearch()).get("created");
  const event = useEvent(id);
  const sheet = useSheet(id, created);
  return (
    <Loaded query={event} what="The event">
      {(data) => (
        <>
          <PageHead
            title="Ticket sheet"
            crumbs={[
              { label: "Events", href: "/admin/events" },
              { label: data.title, href: `/admin/events/${id}` },
              { label: "Ticket sheet" },
            ]}
            sub={
              sheet.data &&
              `${counted(sheet.data.length, "ticket")}, eight a page. Print at 100 %, without headers and footers.`
            }
            actions={
              <Button kind="primary" icon={Printer} disabled={!sheet.data?.length} onClick={() => window.print()}>
                Print
              </Button>
            }
          />
          <Loaded query={sheet} what="The tickets">
            {(tickets) =>
              tickets.length === 0 ? (
                <div className="c-card">
                  <Empty
                    heading="Nothing to print"
                    action={
                      <ButtonLink kind="primary" href={`/admin/tickets/generate?eventId=${id}`}>
                        Generate Tickets
                      </ButtonLink>
                    }
                  >
                    This event has no unused tickets.
                  </Empty>
                </div>
              ) : (
                <>
                  {tickets.length === SHEET_MAX && (
                    <p className="c-stale" role="status">
                      These are the newest {SHEET_MAX} tickets. Print the others from a CSV export.
                    </p>
                  )}
                  <Suspense fallback={<Bars />}>
                    <Sheet event={data} tickets={tickets} />
                  </Suspense>
                </>
              )
            }
          </Loaded>
        </>
      )}
    </Loaded>
  );
}
