/** Says that something is under way, to eyes and to screen readers. */
export function Spinner({ label }: { label: string }) {
  return (
    <div className="spinner-area" role="status">
      <span className="spinner" aria-hidden="true" />
      <span className="visually-hidden">{label}</span>
    </div>
  );
}
