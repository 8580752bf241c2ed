/** Whom to ask, and the organizer's legal links, where they are configured. */
import type { ViewerConfig } from "./config";

export function Foot({ config }: { config: ViewerConfig }) {
  const links = [
    { name: "Imprint", url: config.imprintUrl },
    { name: "Privacy", url: config.privacyUrl },
  ].filter((link): link is { name: string; url: string } => link.url !== null);
  return (
    <footer className="foot">
      <p>Trouble getting in? {config.supportContact ?? "Ask the event organizer."}</p>
      {links.length > 0 && (
        <nav aria-label="Legal">
          {links.map((link) => (
            <a key={link.name} href={link.url}>
              {link.name}
            </a>
          ))}
        </nav>
      )}
    </footer>
  );
}
