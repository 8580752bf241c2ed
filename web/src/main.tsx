/** Boots the page: the console under `/admin`, which viewers never load, and the viewer's portal everywhere else. */
import { createRoot, type Root } from "react-dom/client";
import "./ui/fonts.css";
import "./ui/base.css";
import "./ui/console-frame.css";
import { readConfig } from "./viewer/config";
import { linkedCode as codeIn, takeLinkedCode } from "./viewer/entry/linked-code";
import { startSession } from "./viewer/session/browser";
import { ViewerApp } from "./viewer/viewer-app";

const config = readConfig(document);
document.title = config.appName;

const place = document.getElementById("root");
const isConsole = /^\/admin(\/|$)/.test(window.location.pathname);
if (place !== null) {
  if (isConsole) void startConsole(createRoot(place));
  else startViewer(createRoot(place));
}

function startViewer(root: Root) {
  const linkedCode = takeLinkedCode(window);
  const session = startSession(window, linkedCode);
  // A link that is opened in this very tab changes nothing but the fragment: the page begins anew with it.
  window.addEventListener("hashchange", () => {
    if (codeIn(window.location.hash) !== null) window.location.reload();
  });
  root.render(<ViewerApp config={config} session={session} linkedCode={linkedCode} />);
}

async function startConsole(root: Root) {
  document.documentElement.classList.add("console");
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", "#F9FAFB");
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", "light");
  const console = await import("./admin/main");
  console.startConsole(root, config.appName);
}
