import type { Client } from "@gantry/sdk/client";
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { queueSearch } from "../screens/queue/search.ts";
import { runSearch } from "../screens/run/search.ts";
import { composeSearch } from "../screens/compose/search.ts";
import { runbooksSearch } from "../screens/runbooks/search.ts";
import { triggerSearch } from "../screens/triggers/search.ts";
import { compareSearch } from "../screens/compare/search.ts";
import { readSearch } from "../screens/runs/search.ts";
import { askForHome } from "../screens/home/queries.ts";
import { HomeScreen } from "../screens/home/route.tsx";
import { Failed, NotFound } from "./error-pages.tsx";
import { settingsSearch } from "../screens/settings/search.ts";
import { cardSearch, inboxSearch } from "../screens/approvals/search.ts";
import { Shell } from "./shell.tsx";

export interface RouterContext {
  queries: QueryClient;
  client: Client;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Failed,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  loader: ({ context }) => askForHome(context),
  component: HomeScreen,
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("../screens/runs/route.tsx"), "RunsScreen"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("../screens/compare/route.tsx"), "CompareScreen"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("../screens/settings/route.tsx"), "SettingsScreen"),
});

const settingsSection = createRoute({
  getParentRoute: () => root,
  path: "/settings/$section",
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import("../screens/settings/route.tsx"), "SettingsSectionScreen"),
});

const approvals = createRoute({
  getParentRoute: () => root,
  path: "/approvals",
  validateSearch: inboxSearch,
  component: lazyRouteComponent(() => import("../screens/approvals/inbox.tsx"), "ApprovalsScreen"),
});

const approval = createRoute({
  getParentRoute: () => root,
  path: "/approvals/$run",
  validateSearch: cardSearch,
  component: lazyRouteComponent(() => import("../screens/approvals/card.tsx"), "ApprovalScreen"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("../screens/run/route.tsx"), "RunScreen"),
});

const onboarding = createRoute({
  getParentRoute: () => root,
  path: "/onboarding",
  component: lazyRouteComponent(() => import("../screens/onboarding/route.tsx"), "OnboardingScreen"),
});

const doctor = createRoute({
  getParentRoute: () => root,
  path: "/doctor",
  component: lazyRouteComponent(() => import("../screens/doctor/route.tsx"), "DoctorScreen"),
});

const compose = createRoute({
  getParentRoute: () => root,
  path: "/compose",
  validateSearch: composeSearch,
  component: lazyRouteComponent(() => import("../screens/compose/route.tsx"), "ComposeScreen"),
});

const runbooks = createRoute({
  getParentRoute: () => root,
  path: "/runbooks",
  validateSearch: runbooksSearch,
  component: lazyRouteComponent(() => import("../screens/runbooks/route.tsx"), "RunbooksScreen"),
});

const runbook = createRoute({
  getParentRoute: () => root,
  path: "/runbooks/$name",
  component: lazyRouteComponent(() => import("../screens/runbooks/runbook.tsx"), "RunbookScreen"),
});

const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  component: lazyRouteComponent(() => import("../screens/agents/route.tsx"), "AgentsScreen"),
});

const triggers = createRoute({
  getParentRoute: () => root,
  path: "/triggers",
  component: lazyRouteComponent(() => import("../screens/triggers/route.tsx"), "TriggersScreen"),
});

const trigger = createRoute({
  getParentRoute: () => root,
  path: "/triggers/$trigger",
  validateSearch: triggerSearch,
  component: lazyRouteComponent(() => import("../screens/triggers/trigger.tsx"), "TriggerScreen"),
});

const queue = createRoute({
  getParentRoute: () => root,
  path: "/queue",
  validateSearch: queueSearch,
  component: lazyRouteComponent(() => import("../screens/queue/route.tsx"), "QueueScreen"),
});

/** A line per screen. Each is loaded when somebody goes there; what its search may hold stands in its own `search.ts`. */
const tree = root.addChildren([
  home,
  runs,
  compare,
  run,
  settings,
  settingsSection,
  approvals,
  approval,
  onboarding,
  doctor,
  compose,
  runbooks,
  runbook,
  agents,
  triggers,
  trigger,
  queue,
]);

export function createAppRouter(context: RouterContext) {
  return createRouter({
    routeTree: tree,
    context,
    defaultPreload: "intent",
    defaultErrorComponent: Failed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
