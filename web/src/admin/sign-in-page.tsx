import { useEffect } from "react";
import { useLocation } from "wouter";
import { useAppName } from "./app-name";
import { Mark } from "./parts/mark";
import { placeOf } from "./places";
import { SignInForm } from "./sign-in-form";

/** Nothing but the question. The address stays, so that signing in leads to where a link or a bookmark pointed. */
export function SignInPage() {
  const appName = useAppName();
  const [path] = useLocation();
  const place = placeOf(path);
  useEffect(() => {
    document.title = `Sign in · ${appName}`;
  }, [appName]);
  return (
    <main className="c-sign-in">
      <div className="c-app-name">
        <Mark size={32} />
        <span>{appName}</span>
      </div>
      <div className="c-card c-sign-in-card">
        <h1>Sign in to the console</h1>
        {place !== undefined && place.href !== "/admin" && <p className="c-hint">Sign in to go to {place.label}.</p>}
        <SignInForm />
      </div>
      <p className="c-hint">
        Looking for the picture? <a href="/">Enter your access code</a>
      </p>
    </main>
  );
}
