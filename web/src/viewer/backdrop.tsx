/** The poster as light: blurred far beyond recognition, behind what is said. Never the last frame of the picture. */
import { useState } from "react";

export function Backdrop({ posterUrl }: { posterUrl: string | null }) {
  const [broken, setBroken] = useState(false);
  return (
    <div className="backdrop" aria-hidden="true">
      {posterUrl !== null && !broken && (
        <img src={posterUrl} alt="" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      )}
    </div>
  );
}
