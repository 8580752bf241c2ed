/** The question for the password, on its own page or over the work that it interrupts. */
import { CircleAlert, Eye, EyeOff } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { type SignInOutcome, signIn } from "./api/sign-in";
import { Button, IconButton } from "./parts/button";

export function SignInForm() {
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [message, setMessage] = useState<string | null>(null);
  const wait = useCountdown();
  const field = useRef<HTMLInputElement>(null);

  const submit = async (submitted: FormEvent) => {
    submitted.preventDefault();
    if (busy || wait.seconds > 0) return;
    setBusy(true);
    const outcome = await signIn(password);
    setBusy(false);
    if (outcome.kind === "limited") wait.begin(outcome.seconds);
    setMessage(wordsFor(outcome));
    if (outcome.kind !== "in") field.current?.select();
  };
  const limited = wait.seconds > 0;
  return (
    <form className="c-sign-in-form" onSubmit={submit}>
      {/* Password managers file a password under a name. */}
      <input
        type="text"
        className="visually-hidden"
        autoComplete="username"
        value="admin"
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <label htmlFor="password">Password</label>
      <div className="c-password">
        <input
          id="password"
          ref={field}
          // biome-ignore lint/a11y/noAutofocus: it is the only thing that can be done here
          autoFocus
          required
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          value={password}
          aria-invalid={message !== null && !limited ? true : undefined}
          aria-describedby="sign-in-message"
          onChange={(change) => setPassword(change.target.value)}
        />
        <IconButton
          label={shown ? "Hide the password" : "Show the password"}
          icon={shown ? EyeOff : Eye}
          onClick={() => setShown(!shown)}
        />
      </div>
      <p id="sign-in-message" className="c-field-error" role="alert">
        {message !== null && (
          <>
            <CircleAlert size={16} aria-hidden="true" />
            {message}
          </>
        )}
      </p>
      <Button type="submit" kind="primary" busy={busy} disabled={limited} className="c-btn-wide">
        {limited ? `Try again in ${wait.seconds} s` : "Sign in"}
      </Button>
    </form>
  );
}

function wordsFor(outcome: SignInOutcome): string | null {
  switch (outcome.kind) {
    case "in":
      return null;
    case "wrong":
      return "Wrong password. Please try again.";
    case "limited":
      return "Too many attempts. Please wait a moment.";
    case "failed":
      return outcome.message;
  }
}

function useCountdown() {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(Date.now);
  const running = until > now;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [running]);
  return {
    seconds: running ? Math.ceil((until - now) / 1_000) : 0,
    begin: (seconds: number) => {
      setNow(Date.now());
      setUntil(Date.now() + seconds * 1_000);
    },
  };
}
