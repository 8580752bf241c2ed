/** Creating and editing an event. */
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Refusal, words } from "../api/failure";
import type { Event } from "../api/types";
import { Button, ButtonLink } from "../parts/button";
import { PageHead } from "../parts/page";
import { Loaded } from "../parts/states";
import { useToasts } from "../parts/toasts";
import { LeaveQuestion, nothingUnsaved } from "../unsaved";
import { EventFields } from "./form-fields";
import { type FormErrors, type FormValues, newValues, readForm, valuesOf } from "./form-values";
import { useEvent, useEventActions } from "./queries";

export function CreateEventPage() {
  const [first] = useState(() => newValues(Date.now()));
  return <EventFormPage event={null} first={first} />;
}

export function EditEventPage({ id }: { id: string }) {
  const event = useEvent(id);
  return (
    <Loaded query={event} what="The event">
      {(data) => <EventFormPage event={data} first={valuesOf(data)} />}
    </Loaded>
  );
}

function EventFormPage({ event, first }: { event: Event | null; first: FormValues }) {
  // What was there when the form opened: a refresh of the event behind it changes no field.
  const [opened] = useState(first);
  const [values, setValues] = useState(first);
  const form = useSave(event, values);
  const summary = useRef<HTMLDivElement>(null);
  const isDirty = JSON.stringify(values) !== JSON.stringify(opened);
  useEffect(() => {
    if (form.attempts > 0) summary.current?.focus();
  }, [form.attempts]);
  const back = event === null ? "/admin/events" : `/admin/events/${event.id}`;
  const title = event === null ? "Create event" : "Edit event";
  const place = event === null ? [] : [{ label: event.title, href: back }];
  return (
    <form
      noValidate
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void form.save();
      }}
    >
      <PageHead
        title={title}
        crumbs={[{ label: "Events", href: "/admin/events" }, ...place, { label: event === null ? "New" : "Edit" }]}
        actions={
          <>
            <ButtonLink href={back}>Cancel</ButtonLink>
            <Button type="submit" kind="primary" busy={form.busy}>
              {event === null ? "Create Event" : "Save changes"}
            </Button>
          </>
        }
      />
      {form.problem !== null && (
        <div ref={summary} className="c-form-problem" role="alert" tabIndex={-1}>
          {form.problem}
        </div>
      )}
      <EventFields event={event} values={values} errors={form.errors} onChange={setValues} />
      <LeaveQuestion unsaved={isDirty && !form.saved} />
    </form>
  );
}

function useSave(event: Event | null, values: FormValues) {
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const [errors, setErrors] = useState<FormErrors>({});
  const [problem, setProblem] = useState<string | null>(null);
  const actions = useEventActions();
  const toast = useToasts();
  const [, navigate] = useLocation();
  const fail = (nextErrors: FormErrors, nextProblem: string) => {
    setErrors(nextErrors);
    setProblem(nextProblem);
    setAttempts((number) => number + 1);
  };
  const save = async () => {
    if (busy) return;
    const read = readForm(values);
    if ("errors" in read) return fail(read.errors, problemOf(read.errors));
    setBusy(true);
    try {
      const done = await (event === null ? actions.create(read.form) : actions.edit(event.id, read.form));
      setSaved(true);
      nothingUnsaved();
      toast.good(event === null ? "Event created" : "Changes saved");
      navigate(`/admin/events/${done.id}`);
    } catch (failure) {
      const fields: FormErrors = failure instanceof Refusal ? failure.fields : {};
      fail(fields, Object.keys(fields).length > 0 ? problemOf(fields) : `Not saved. ${words(failure)}`);
    } finally {
      setBusy(false);
    }
  };
  return { busy, saved, errors, problem, attempts, save };
}

function problemOf(errors: FormErrors): string {
  const number = Object.keys(errors).length;
  return number === 1 ? "Not saved: one field needs a look." : `Not saved: ${number} fields need a look.`;
}
