/** Where tickets lead their viewers. */

/**
 * Chooses between the address in the settings and the one that this page was opened at.
 *
 * The settings know better, for the console may be open at an inner address; but their default is localhost, which
 * leads nowhere from a phone.
 */
export function siteOf(publicUrl: string | null, pageOrigin: string): string {
  try {
    const { origin, hostname } = new URL(publicUrl ?? "");
    return hostname === "localhost" || origin === "null" ? pageOrigin : origin;
  } catch {
    return pageOrigin;
  }
}

function publicUrl(): string | null {
  try {
    const text = document.querySelector('meta[name="streamgate-config"]')?.getAttribute("content") ?? "{}";
    const value: unknown = Reflect.get(JSON.parse(text), "publicUrl");
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

const site = () => siteOf(publicUrl(), window.location.origin);

/**
 * The address that a ticket's QR code and mail carry.
 *
 * The code stands in the fragment, which no server and no log ever sees.
 */
export const ticketLink = (code: string) => `${site()}/#code=${encodeURIComponent(code)}`;

/** The address without its scheme, to be typed by people. */
export const siteName = () => site().replace(/^https?:\/\//, "");
