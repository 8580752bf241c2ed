/**
 * Whether the organizer is signed in, and who waits for it.
 *
 * A request that meets an expired admin session waits here until the organizer has signed in again, and is then sent
 * once more: a page that was open keeps everything that was typed into it.
 */

export type GateState =
  /** The page has just been opened; the server has not been asked yet. */
  | "checking"
  | "open"
  /** Not signed in, and nothing of the console is on the screen. */
  | "signed-out"
  /** Signed out in the middle of work: the page stays behind the question for the password. */
  | "expired";

export class SignInGate {
  private current: GateState = "checking";
  private readonly listeners = new Set<() => void>();
  private waiting: (() => void)[] = [];

  readonly state = () => this.current;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Somebody is signed in: everybody who waits goes on. */
  open() {
    this.become("open");
    const released = this.waiting;
    this.waiting = [];
    for (const release of released) release();
  }

  /** The server knows no session: in the middle of work the page stays. */
  close() {
    this.become(this.current === "open" || this.current === "expired" ? "expired" : "signed-out");
  }

  /** The organizer signed out on purpose: nothing of the console stays, and nobody waits for it. */
  leave() {
    this.waiting = [];
    this.become("signed-out");
  }

  whenOpen(): Promise<void> {
    if (this.current === "open") return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private become(next: GateState) {
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }
}

export const gate = new SignInGate();
