import type { Event } from "../api/types";
import { Field } from "../parts/field";
import { fromLocalInput, zoneName } from "../time";
import type { FormErrors, FormValues } from "./form-values";
import { withStart } from "./form-values";
import { PosterPreview } from "./poster";
import { TestStream } from "./test-stream";

export interface EventFieldsProps {
  /** The event as saved; `null` while it is being created. */
  event: Event | null;
  values: FormValues;
  errors: FormErrors;
  onChange: (values: FormValues) => void;
}

const policies = [
  {
    value: "block",
    name: "It has to wait",
    says: "The first device keeps the picture until it stops. Best against shared codes.",
  },
  {
    value: "takeover",
    name: "It takes over",
    says: "The newest device gets the picture, the other one stops. Kindest to people who switch screens.",
  },
] as const;

export function EventFields(props: EventFieldsProps) {
  const { event, values, errors, onChange } = props;
  const set = (change: Partial<FormValues>) => onChange({ ...values, ...change });
  return (
    <div className="c-form-columns">
      <div className="c-stack">
        <div className="c-card c-card-form">
          <Field label="Title" error={errors.title}>
            {(ids) => (
              <input
                {...ids}
                required
                maxLength={200}
                value={values.title}
                onChange={(at) => set({ title: at.target.value })}
              />
            )}
          </Field>
          <Field label="Description" optional error={errors.description}>
            {(ids) => (
              <textarea
                {...ids}
                rows={3}
                maxLength={5_000}
                value={values.description}
                onChange={(at) => set({ description: at.target.value })}
              />
            )}
          </Field>
          <Times {...props} />
        </div>
        <Policy {...props} />
      </div>
      <div className="c-stack">
        <div className="c-card c-card-form">
          <h2>Poster</h2>
          <PosterPreview url={values.posterUrl.trim()} />
          <Field label="Poster URL" optional error={errors.posterUrl} hint="A wide picture, 16:9, at an https address.">
            {(ids) => (
              <input
                {...ids}
                type="url"
                value={values.posterUrl}
                onChange={(at) => set({ posterUrl: at.target.value })}
              />
            )}
          </Field>
        </div>
        <div className="c-card c-card-form">
          <h2>Stream</h2>
          <Field
            label="Stream URL override"
            optional
            error={errors.streamUrl}
            hint="Only if this event comes from another origin than usual."
          >
            {(ids) => (
              <input
                {...ids}
                type="url"
                value={values.streamUrl}
                onChange={(at) => set({ streamUrl: at.target.value })}
              />
            )}
          </Field>
          <hr />
          {event === null ? (
            <p className="c-hint">After you create the event, you can test its stream here.</p>
          ) : (
            <TestStream eventId={event.id} unsaved={values.streamUrl.trim() !== (event.streamUrl ?? "")} />
          )}
        </div>
      </div>
    </div>
  );
}

function Times({ values, errors, onChange }: EventFieldsProps) {
  const zoneAt = (text: string) => `${zoneName(fromLocalInput(text) ?? Date.now())}, your local time`;
  return (
    <div className="c-form-times">
      <Field label="Starts" error={errors.startsAt} hint={zoneAt(values.startsAt)}>
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            required
            value={values.startsAt}
            onChange={(at) => onChange(withStart(values, at.target.value))}
          />
        )}
      </Field>
      <Field label="Ends" error={errors.endsAt} hint={zoneAt(values.endsAt)}>
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            required
            value={values.endsAt}
            onChange={(at) => onChange({ ...values, endsAt: at.target.value })}
          />
        )}
      </Field>
      <Field label="Access window" error={errors.accessWindowHours} hint="After the end">
        {(ids) => (
          <span className="c-with-unit">
            <input
              {...ids}
              inputMode="numeric"
              value={values.accessWindowHours}
              onChange={(at) => onChange({ ...values, accessWindowHours: at.target.value })}
            />
            <span aria-hidden="true">hours</span>
          </span>
        )}
      </Field>
    </div>
  );
}

function Policy({ values, onChange }: EventFieldsProps) {
  return (
    <fieldset className="c-card c-card-form c-policy">
      <legend>
        <span className="c-hint">Device policy</span>
        <span className="c-section">When a second device tries the same ticket</span>
      </legend>
      <div className="c-choices">
        {policies.map(({ value, name, says }) => (
          <label key={value} className="c-choice">
            <input
              type="radio"
              name="devicePolicy"
              value={value}
              checked={values.devicePolicy === value}
              onChange={() => onChange({ ...values, devicePolicy: value })}
            />
            <span>
              <strong>{name}</strong>
              <span className="c-hint">{says}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
