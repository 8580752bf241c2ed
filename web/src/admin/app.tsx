/** Everything of the console: what all pages share, the sign-in gate, and which page an address shows. */
import { CSPProvider } from "@base-ui/react/csp-provider";
import { Toast } from "@base-ui/react/toast";
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Router } from "wouter";
import { gate } from "./api/gate";
import { AppName } from "./app-name";
import { Announcer } from "./parts/announcer";
import { Toasts } from "./parts/toasts";
import { makeQueryClient } from "./query-client";
import { Routes } from "./routes";
import { Shell } from "./shell";
import { SignInAgain } from "./sign-in-again";
import { SignInPage } from "./sign-in-page";
import { aroundNav } from "./unsaved";

export function ConsoleApp({ appName }: { appName: string }) {
  const [client] = useState(makeQueryClient);
  const state = useSyncExternalStore(gate.subscribe, gate.state);
  useEffect(() => {
    // Who signs in next may be somebody else.
    if (state === "signed-out") client.clear();
  }, [state, client]);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <AppName.Provider value={appName}>
          <Toast.Provider limit={3}>
            {state === "signed-out" && <SignInPage />}
            {(state === "open" || state === "expired") && (
              <Router aroundNav={aroundNav}>
                <Shell>
                  <Routes />
                </Shell>
              </Router>
            )}
            {state === "expired" && <SignInAgain />}
            <Toasts />
            <Announcer />
          </Toast.Provider>
        </AppName.Provider>
      </QueryClientProvider>
    </CSPProvider>
  );
}
