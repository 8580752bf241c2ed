/** Where an event's stream is, and which requests may carry its playback token: those under its own prefix and no other. */

export interface StreamAddress {
  /** Absolute, without a slash at its end. */
  base: string;
  eventId: string;
  /** The entry playlist, absolute, without a token. */
  playlist: string;
}

export function streamAddress(
  playbackBaseUrl: string,
  streamPath: string,
  eventId: string,
  pageUrl: string,
): StreamAddress {
  // Written as browsers write the addresses of requests, so that a host in capitals is still recognized.
  const base = (playbackBaseUrl === "" ? new URL(pageUrl).origin : new URL(playbackBaseUrl).href).replace(/\/+$/, "");
  return { base, eventId, playlist: base + streamPath };
}

/** Returns the path under the event's prefix, with its query; null for any address elsewhere. Path tokens are seen through. */
export function pathInStream(address: StreamAddress, url: string): string | null {
  const parsed = parse(url);
  if (parsed === null) return null;
  const plain = parsed.href.replace(`${address.base}/t/${tokenIn(address, parsed.href)}/`, `${address.base}/`);
  const prefix = `${address.base}/streams/${address.eventId}/`;
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : null;
}

/** Returns `url` with the token in its path, whatever token it had before; addresses elsewhere stay as they are. */
export function withPathToken(address: StreamAddress, url: string, token: string): string {
  const path = pathInStream(address, url);
  return path === null ? url : `${address.base}/t/${token}/streams/${address.eventId}/${path}`;
}

function tokenIn(address: StreamAddress, href: string): string {
  const start = `${address.base}/t/`;
  return href.startsWith(start) ? (href.slice(start.length).split("/", 1)[0] ?? "") : "";
}

function parse(url: string): URL | null {
  try {
    // Parsing resolves `..` and upper-case hosts, so that the prefix is compared with where the request really goes.
    return new URL(url);
  } catch {
    return null;
  }
}
