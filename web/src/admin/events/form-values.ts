/** The event form between what is typed and what the platform takes. */
import type { Event, EventForm } from "../api/types";
import { fromLocalInput, toLocalInput } from "../time";

/** What the fields hold: always text, exactly as typed. */
export interface FormValues {
  title: string;
  description: string;
  startsAt: string;
  endsAt: string;
  accessWindowHours: string;
  posterUrl: string;
  streamUrl: string;
  devicePolicy: "block" | "takeover";
}

export type FormErrors = Partial<Record<keyof FormValues, string>>;

const HOUR_MS = 3_600_000;
const USUAL_HOURS = 2;

/** A new event begins at the next full hour but one, and lasts two. */
export function newValues(now: number): FormValues {
  const start = (Math.floor(now / HOUR_MS) + 2) * HOUR_MS;
  const local = (at: number) => toLocalInput(new Date(at).toISOString());
  return {
    title: "",
    description: "",
    startsAt: local(start),
    endsAt: local(start + USUAL_HOURS * HOUR_MS),
    accessWindowHours: "48",
    posterUrl: "",
    streamUrl: "",
    devicePolicy: "block",
  };
}

export const valuesOf = (event: Event): FormValues => ({
  title: event.title,
  description: event.description ?? "",
  startsAt: toLocalInput(event.startsAt),
  endsAt: toLocalInput(event.endsAt),
  accessWindowHours: String(event.accessWindowHours),
  posterUrl: event.posterUrl ?? "",
  streamUrl: event.streamUrl ?? "",
  devicePolicy: event.devicePolicy,
});

/** Reads the form; what the page itself can see is wrong comes back as errors, the rest is the platform's to judge. */
export function readForm(values: FormValues): { form: EventForm } | { errors: FormErrors } {
  const errors: FormErrors = {};
  if (values.title.trim() === "") errors.title = "Is required.";
  const startsAt = fromLocalInput(values.startsAt);
  const endsAt = fromLocalInput(values.endsAt);
  if (startsAt === null) errors.startsAt = "Needs a date and a time.";
  if (endsAt === null) errors.endsAt = "Needs a date and a time.";
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt) errors.endsAt = "Must be after the start.";
  const hours = /^\d{1,9}$/.test(values.accessWindowHours.trim()) ? Number(values.accessWindowHours) : null;
  if (hours === null || hours < 1 || hours > 168) errors.accessWindowHours = "Must be a whole number from 1 to 168.";
  if (startsAt === null || endsAt === null || hours === null || Object.keys(errors).length > 0) return { errors };
  return {
    form: {
      title: values.title.trim(),
      description: orNull(values.description),
      startsAt,
      endsAt,
      accessWindowHours: hours,
      posterUrl: orNull(values.posterUrl),
      streamUrl: orNull(values.streamUrl),
      devicePolicy: values.devicePolicy,
    },
  };
}

const orNull = (text: string) => (text.trim() === "" ? null : text.trim());

/** Moves the end with the start, so that the length stays. */
export function withStart(values: FormValues, startsAt: string): FormValues {
  const [before, after, end] = [values.startsAt, startsAt, values.endsAt].map((text) =>
    Date.parse(fromLocalInput(text) ?? ""),
  );
  if (before === undefined || after === undefined || end === undefined) return { ...values, startsAt };
  const moved = end + (after - before);
  if (!Number.isFinite(moved) || end <= before) return { ...values, startsAt };
  return { ...values, startsAt, endsAt: toLocalInput(new Date(moved).toISOString()) };
}
