/** Posters: small in a table, large beside a form. One that cannot be shown gives way to an empty frame. */
import { ImageOff } from "lucide-react";
import { useState } from "react";

export function Thumb({ url }: { url: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url === null || url === broken) return <span className="c-thumb" aria-hidden="true" />;
  return (
    <img className="c-thumb" src={url} alt="" loading="lazy" width="52" height="29" onError={() => setBroken(url)} />
  );
}

export function PosterPreview({ url }: { url: string }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url === "") return <div className="c-poster c-poster-empty">No poster</div>;
  if (url === broken) {
    return (
      <div className="c-poster c-poster-empty" role="status">
        <ImageOff size={20} aria-hidden="true" />
        This picture cannot be shown
      </div>
    );
  }
  return <img className="c-poster" src={url} alt="The poster" onError={() => setBroken(url)} />;
}
