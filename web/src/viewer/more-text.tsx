/** A description that begins short: the rest is there for whoever wants it. */
import { useEffect, useRef, useState } from "react";
import "./more-text.css";

export function MoreText({ text, lines }: { text: string; lines: number }) {
  const area = useRef<HTMLParagraphElement>(null);
  const [cut, setCut] = useState(false);
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text is as long as it is
  useEffect(() => {
    const paragraph = area.current;
    if (paragraph === null) return;
    const look = () => setCut(paragraph.scrollHeight > paragraph.clientHeight + 1);
    const observer = new ResizeObserver(look);
    observer.observe(paragraph);
    return () => observer.disconnect();
  }, [text]);
  if (text === "") return null;
  return (
    <div className="more-text">
      <p ref={area} style={open ? undefined : { WebkitLineClamp: lines }} className={open ? undefined : "clamped"}>
        {text}
      </p>
      {(cut || open) && (
        <button type="button" className="more" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Less" : "More"}
        </button>
      )}
    </div>
  );
}
