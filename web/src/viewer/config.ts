/** What the server wrote into the page for this installation. */

export interface ViewerConfig {
  appName: string;
  /** How playback tokens travel with hls.js: in a header, or in the path (spares preflights to a foreign edge). */
  tokenCarrier: "header" | "path";
  supportContact: string | null;
  imprintUrl: string | null;
  privacyUrl: string | null;
}

/** Reads the configuration; anything missing or malformed gives the default, so that a page always comes up. */
export function parseConfig(text: string): ViewerConfig {
  const values = fields(text);
  const word = (name: string) => {
    const value = values.get(name);
    return typeof value === "string" && value !== "" ? value : null;
  };
  return {
    appName: word("appName") ?? "StreamGate",
    tokenCarrier: word("tokenCarrier") === "path" ? "path" : "header",
    supportContact: word("supportContact"),
    imprintUrl: webLink(word("imprintUrl")),
    privacyUrl: webLink(word("privacyUrl")),
  };
}

export function readConfig(page: Document): ViewerConfig {
  return parseConfig(page.querySelector('meta[name="streamgate-config"]')?.getAttribute("content") ?? "{}");
}

function fields(text: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}

// Never `javascript:`: the links come from settings, but a page trusts none of them blindly.
const webLink = (value: string | null) => (value !== null && /^(https?:\/\/|\/(?!\/))/i.test(value) ? value : null);
