/** Boots the page: reads the server's configuration and the address, starts the session, shows the viewer. */
import { createRoot } from "react-dom/client";
import "./ui/base.css";
import { readConfig } from "./viewer/config";
import { linkedCode as codeIn, takeLinkedCode } from "./viewer/entry/linked-code";
import { startSession } from "./viewer/session/browser";
import { ViewerApp } from "./viewer/viewer-app";

const config = readConfig(document);
document.title = config.appName;
const linkedCode = takeLinkedCode(window);
const session = startSession(window, linkedCode);

// A link that is opened in this very tab changes nothing but the fragment: the page begins anew with it.
window.addEventListener("hashchange", () => {
  if (codeIn(window.location.hash) !== null) window.location.reload();
});

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<ViewerApp config={config} session={session} linkedCode={linkedCode} />);
