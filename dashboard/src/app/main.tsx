/**
 * The dashboard: a web application that the platform serves at `/`. It imports the sdk only and does nothing that another client of the
 * public API couldn't. app/ puts it together, data/ talks to the API, ui/ draws without knowing any screen, screens/ are what is seen.
 */
import { GantryError } from "@gantry/sdk/client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createDashboardClient } from "../data/client.ts";
import { dropEarly } from "../data/early.ts";
import { createLive } from "../data/live.ts";
import { DataContext, meQuery, refreshByEvents } from "../data/queries.ts";
import { createAppRouter } from "./routes.tsx";
import { startTooltips } from "../ui/tooltip.tsx";
import { goToSignIn, isSignedOut } from "./session.ts";
import "./style.css";

const client = createDashboardClient();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something is out of date; the client itself tries again what may be.
      staleTime: 15_000,
      retry: false,
      refetchOnWindowFocus: true,
      throwOnError: (error, { state }) => state.data === undefined || isSignedOut(error),
    },
  },
});

await start();

async function start(): Promise<void> {
  const router = createAppRouter({ queries, client });
  // What the screen needs is on its way while it is asked who looks.
  const loaded = router.load();
  try {
    await queries.query(meQuery(client));
  } catch (error) {
    // Everything else is shown in place by whoever asks again.
    if (isSignedOut(error)) return goToSignIn();
  }
  // All at once where it takes no longer than a blink, rather than piece by piece: parts that come later wait for one another.
  await Promise.race([Promise.allSettled([loaded, ...asked(queries)]), new Promise((done) => setTimeout(done, 250))]);
  dropEarly();
  const live = createLive({ follow: (options) => client.feed.follow(options), page: document });
  refreshByEvents(queries, live);
  startTooltips(document);
  const root = document.querySelector("#root");
  if (root === null) throw new Error("The page has no root.");
  // What the API refuses is shown in place, and no fault of the page.
  const onCaughtError = (error: unknown): void => {
    if (!(error instanceof GantryError)) console.error(error);
  };
  createRoot(root, { onCaughtError }).render(
    <StrictMode>
      <DataContext value={{ client, live }}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </DataContext>
    </StrictMode>,
  );
}

/** What is under way. */
function asked(queries: QueryClient): Promise<unknown>[] {
  return queries
    .getQueryCache()
    .getAll()
    .flatMap(({ promise }) => (promise === undefined ? [] : [promise]));
}
