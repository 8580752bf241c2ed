/** Signing in and out, outside the guard: these answers decide whether the gate is open. */
import { refusalOf } from "./failure";
import { gate } from "./gate";

export type SignInOutcome =
  | { kind: "in" }
  | { kind: "wrong" }
  | { kind: "limited"; seconds: number }
  | { kind: "failed"; message: string };

/** Asks whether this browser is signed in. A platform in trouble is no sign-out: the pages say so themselves. */
export async function checkSession(): Promise<void> {
  const response = await fetch("/api/admin/session", { cache: "no-store" }).catch(() => null);
  if (response?.status === 401) gate.close();
  else gate.open();
}

export async function signIn(password: string): Promise<SignInOutcome> {
  const response = await fetch("/api/admin/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ password }),
  }).catch(() => null);
  if (response === null) return { kind: "failed", message: "StreamGate does not answer just now. Please try again." };
  if (response.ok) {
    gate.open();
    return { kind: "in" };
  }
  const refusal = refusalOf(response, await response.json().catch(() => null));
  if (refusal.status === 429) return { kind: "limited", seconds: refusal.retryAfterSeconds ?? 60 };
  if (refusal.status === 401) return { kind: "wrong" };
  return { kind: "failed", message: refusal.message };
}

/** Ends the session on the server; returns whether it is ended. */
export async function signOut(): Promise<boolean> {
  const response = await fetch("/api/admin/logout", { method: "POST" }).catch(() => null);
  const ended = response !== null && (response.ok || response.status === 401);
  if (ended) gate.leave();
  return ended;
}
