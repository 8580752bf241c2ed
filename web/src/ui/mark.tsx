/** The mark of StreamGate: a gate with a picture in it. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 26 26" width={size} height={size} aria-hidden="true">
      <path d="M4 24V11a9 9 0 0 1 18 0v13" fill="none" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
      <path className="mark-play" d="M10 11.5v9l7-4.5z" />
    </svg>
  );
}
