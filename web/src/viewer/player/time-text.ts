/** Times as people read and hear them. */

/** Returns `MM:SS`, from an hour on `HH:MM:SS`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutesAndSeconds = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return whole >= 3600 ? `${two(Math.floor(whole / 3600))}:${minutesAndSeconds}` : minutesAndSeconds;
}

/** Returns "1 hour 52 minutes 36", for screen readers. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const parts = [
    hours > 0 ? `${hours} ${hours === 1 ? "hour" : "hours"}` : "",
    hours > 0 || minutes > 0 ? `${minutes} ${minutes === 1 ? "minute" : "minutes"}` : "",
    hours > 0 || minutes > 0 ? String(whole % 60) : `${whole} ${whole === 1 ? "second" : "seconds"}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** Returns "5 h 12 min" or "12 min", never less than a minute. */
export function leftText(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
