/** How answers are kept: asked again when asking may help, shown while they are refreshed. */
import { QueryClient } from "@tanstack/react-query";
import { isPassing } from "./api/failure";

const RETRIES = 2;

export const makeQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // A browser that believes to be offline may still reach a platform in its own network.
        networkMode: "always",
        retry: (failures, failure) => isPassing(failure) && failures < RETRIES,
        staleTime: 2_000,
      },
      mutations: { networkMode: "always" },
    },
  });
