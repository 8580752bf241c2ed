/** The time until the start, in the units that a person counts in. */

export interface Unit {
  name: string;
  figures: string;
}

/** Returns days (only when there are any), hours, minutes and seconds; null from the start on. */
export function countdown(ms: number): Unit[] | null {
  if (ms <= 0) return null;
  const seconds = Math.ceil(ms / 1000);
  const days = Math.floor(seconds / 86_400);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock: Unit[] = [
    unit("hour", Math.floor(seconds / 3600) % 24, two),
    unit("minute", Math.floor(seconds / 60) % 60, two),
    unit("second", seconds % 60, two),
  ];
  return days > 0 ? [unit("day", days, String), ...clock] : clock;
}

const unit = (name: string, value: number, figures: (value: number) => string): Unit => ({
  name: value === 1 ? name : `${name}s`,
  figures: figures(value),
});

const ANNOUNCED_MINUTES = [10, 5, 1];

/** What readers are told of a countdown that is silent otherwise: ten, five and one minute before the start. */
export function announcement(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  // A few seconds wide, so that a timer that was late says it still.
  const minutes = ANNOUNCED_MINUTES.find((minute) => seconds <= minute * 60 && seconds > minute * 60 - 10);
  if (minutes === undefined) return "";
  return minutes === 1 ? "Starts in one minute" : `Starts in ${minutes} minutes`;
}
