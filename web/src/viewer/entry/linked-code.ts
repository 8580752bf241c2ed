/**
 * A code in the address (`#code=...`), as QR codes on tickets carry it.
 *
 * A fragment never reaches a server or a `Referer`; it is taken out of the address and the history entry at once.
 */
export function takeLinkedCode(page: Pick<Window, "location" | "history">): string | null {
  const code = linkedCode(page.location.hash);
  if (code !== null) page.history.replaceState(null, "", page.location.pathname + page.location.search);
  return code;
}

export function linkedCode(hash: string): string | null {
  const code = new URLSearchParams(hash.replace(/^#/, "")).get("code");
  return code === null || code.trim() === "" ? null : code.trim();
}
