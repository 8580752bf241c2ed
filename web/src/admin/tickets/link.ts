/**
 * The address that a ticket's QR code and mail carry.
 *
 * The code stands in the fragment, which no server and no log ever sees.
 */
export const ticketLink = (code: string, origin = window.location.origin) =>
  `${origin}/#code=${encodeURIComponent(code)}`;

/** The address without its scheme, to be typed by people. */
export const siteName = (origin = window.location.origin) => origin.replace(/^https?:\/\//, "");
