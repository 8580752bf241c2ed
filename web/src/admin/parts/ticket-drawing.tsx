/** An empty ticket, for places where nothing is yet. */
export function TicketDrawing() {
  return (
    <svg className="c-ticket-drawing" viewBox="0 0 220 132" width="220" height="132" aria-hidden="true">
      <g transform="rotate(-6 110 66)">
        <path
          className="c-paper"
          d="M34 20 H186 a12 12 0 0 1 12 12 V55 a12 12 0 0 0 0 24 V100 a12 12 0 0 1 -12 12 H34 a12 12 0 0 1 -12 -12 V79 a12 12 0 0 0 0 -24 V32 a12 12 0 0 1 12 -12 Z"
        />
        <line className="c-seam" x1="142" y1="26" x2="142" y2="108" />
        <rect className="c-words" x="46" y="40" width="70" height="9" rx="4.5" />
        <rect className="c-words c-faint" x="46" y="57" width="50" height="7" rx="3.5" />
        <rect className="c-button" x="46" y="82" width="78" height="12" rx="3" />
        <path className="c-gate" d="M159 76 V65 a10 10 0 0 1 20 0 V76" />
        <path className="c-play" d="M166 61 l9 5.5 l-9 5.5 Z" />
      </g>
    </svg>
  );
}
