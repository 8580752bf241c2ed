/** The product's mark, in the colour of the text beside it. */
export function Mark({ size }: { size: number }) {
  return (
    <svg className="c-mark" viewBox="0 0 26 26" width={size} height={size} aria-hidden="true">
      <path d="M4 24V11a9 9 0 0 1 18 0v13" fill="none" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
      <path d="M10 11.5v9l7-4.5z" fill="#3B82F6" />
    </svg>
  );
}
