/** The console, loaded only under `/admin`. */
import { StrictMode } from "react";
import type { Root } from "react-dom/client";
import { checkSession } from "./api/sign-in";
import { ConsoleApp } from "./app";
import "../ui/fonts.css";
import "./styles/tokens.css";
import "./styles/buttons.css";
import "./styles/fields.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/sign-in.css";
import "./styles/states.css";
import "./styles/overlays.css";
import "./styles/table.css";
import "./styles/dashboard.css";
import "./styles/pages.css";
import "./styles/narrow.css";
import "./styles/narrow-tables.css";

export function startConsole(root: Root, appName: string): void {
  void checkSession();
  // A session that was renewed in another tab opens this one too.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void checkSession();
  });
  root.render(
    <StrictMode>
      <ConsoleApp appName={appName} />
    </StrictMode>,
  );
}
