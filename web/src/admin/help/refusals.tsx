import type { Refusal } from "../api/types";
import { ago, clockTime, weekdayDateTime } from "../time";
import { inWords } from "./diagnosis";
import { grouped } from "./group";

const places: Record<Refusal["place"], string> = {
  validate: "when the code was entered",
  refresh: "while watching",
  heartbeat: "while watching",
  status: "in the waiting room",
};

/** Why a ticket was refused lately, in words. */
export function Refusals({ refusals, now }: { refusals: readonly Refusal[]; now: number }) {
  return (
    <section className="c-card" aria-label="Last refusals">
      <div className="c-card-head">
        <h2>Last refusals</h2>
      </div>
      {refusals.length === 0 ? (
        <p className="c-hint">This ticket has not been refused lately.</p>
      ) : (
        <ul className="c-refusals">
          {grouped(refusals).map(({ first, last, reason, place, times }) => (
            <li key={`${last} ${reason} ${place}`}>
              <time dateTime={last} title={weekdayDateTime(last, new Date(now))}>
                {clockTime(last)}
              </time>
              <strong>{inWords(reason)}</strong>
              <span>{places[place]}</span>
              <span className="c-hint">
                {times === 1 ? ago(last, now) : `${times} times since ${clockTime(first)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
