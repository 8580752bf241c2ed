/** Which page an address shows. */
import { Redirect, Route, Switch } from "wouter";
import { AuditPage } from "./audit/page";
import { DashboardPage } from "./dashboard/page";
import { EdgesPage } from "./edges/page";
import { EventPage } from "./events/event-page";
import { CreateEventPage, EditEventPage } from "./events/form-page";
import { EventsPage } from "./events/list-page";
import { HelpPage } from "./help/page";
import { NotFoundPage } from "./not-found-page";
import { GeneratePage } from "./tickets/generate-page";
import { TicketsPage } from "./tickets/list-page";
import { SheetPage } from "./tickets/sheet-page";

export function Routes() {
  return (
    <Switch>
      <Route path="/admin" component={DashboardPage} />
      <Route path="/admin/help" component={HelpPage} />
      <Route path="/admin/events" component={EventsPage} />
      <Route path="/admin/events/new" component={CreateEventPage} />
      <Route path="/admin/events/:id">{({ id }) => <EventPage key={id} id={id} />}</Route>
      <Route path="/admin/events/:id/edit">{({ id }) => <EditEventPage key={id} id={id} />}</Route>
      <Route path="/admin/events/:id/sheet">{({ id }) => <SheetPage key={id} id={id} />}</Route>
      <Route path="/admin/tickets" component={TicketsPage} />
      <Route path="/admin/tickets/generate" component={GeneratePage} />
      <Route path="/admin/tickets/:id">
        {({ id }) => <Redirect to={`/admin/help?ticket=${encodeURIComponent(id)}`} replace />}
      </Route>
      <Route path="/admin/edges" component={EdgesPage} />
      <Route path="/admin/audit-log" component={AuditPage} />
      <Route component={NotFoundPage} />
    </Switch>
  );
}
