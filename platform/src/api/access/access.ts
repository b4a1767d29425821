import type { Endpoint, Located } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { Pool } from "pg";
import {
  actionOf,
  apiActions,
  createAuthorize,
  createRulesCache,
  factsOfPlace,
  factsOfRun,
  holdsAt,
  type AccessDecision,
  type Action,
  type ResourceFacts,
  type Rules,
} from "../../policy/index.ts";
import { locate, type Location } from "../../store/organization/located.ts";
import { inOrganization } from "../../store/organization.ts";
import { readRules } from "../../store/control/rules.ts";
import { requireScope, type Caller } from "./caller.ts";
import { ForbiddenError, NotFoundError } from "../errors.ts";
import type { RequestLimits } from "../http/request-limits.ts";

/** A request's parts, as far as they are known. */
export interface Parts {
  params?: unknown;
  query?: unknown;
  body?: unknown;
}

/** Decides every call: by the roles that the caller holds where its subject lies, and by the policies in force there. */
export interface Access {
  /** Before anything of the request is read: what no role of the caller permits anywhere. @throws ForbiddenError */
  precheck(caller: Caller, endpoint: Endpoint): void;
  /** @throws ForbiddenError, NotFoundError for what lies where the caller has no role at all. */
  check(caller: Caller, endpoint: Endpoint, parts: Parts): Promise<Granted>;
  /** An action besides the endpoint's own, at a place by name. @throws ForbiddenError */
  demand(
    caller: Caller,
    action: string,
    place?: { project?: string | null; environment?: string | null },
  ): Promise<Granted>;
  decide(caller: Caller, action: Action, resource: ResourceFacts): Promise<AccessDecision>;
  /** Of the newest version that the caller has seen. */
  rules(caller: Caller): Rules | Promise<Rules>;
}

/** What the caller may do there, they may do under these: break-glass of theirs that is open at the place. */
export type Granted = readonly string[];

declare module "fastify" {
  interface FastifyInstance {
    access: Access;
  }
}

/**
 * Default deny. A route without `config.access` can't be registered, nor one whose endpoint is no action that policies know;
 * every other one is refused before its body is read unless the credential's scopes and some role of its actor allow it.
 */
export function guardRoutes(
  app: FastifyInstance,
  access: Access,
  limits: RequestLimits,
  findSender: (request: FastifyRequest) => Promise<Caller>,
): void {
  app.decorate("access", access);
  app.decorateRequest("caller", null);
  app.addHook("onRoute", ({ method, url, config }: RouteOptions) => {
    if (config?.access === undefined)
      throw new Error(`The route ${String(method)} ${url} doesn't say who may call it (config.access).`);
    const { endpoint } = config;
    if (endpoint !== undefined && apiActions().get(endpoint.id) === undefined)
      throw new Error(`The endpoint ${endpoint.id} is no action that policies know: it isn't part of the contract.`);
  });
  app.addHook("onRequest", async (request, reply) => {
    const {
      access: needed,
      endpoint,
      counted,
    } = request.is404 ? { access: "public" as const } : request.routeOptions.config;
    // Routes of `state-token` check a token of their own, which says more than a key; those of `hook` a signature; those of
    // `sign-in` are for people who are nobody yet, or deal with sessions themselves.
    if (needed === "public" || needed === "sign-in")
      return counted === false ? undefined : limits.ofAddress(request, reply);
    if (needed === "metrics" && isLocal(request.socket.remoteAddress, request.headers)) return;
    limits.admit(request);
    if (needed === "state-token" || needed === "hook") return;
    const caller = await findSender(request);
    request.caller = caller;
    await limits.ofCaller(caller, reply);
    // It does nothing by itself: each call of the API that it makes is looked at like any other.
    if (needed === "mcp") return;
    requireScope(caller, needed === undefined || needed === "metrics" ? "admin" : needed);
    access.precheck(caller, endpoint ?? metrics);
  });
}

const metrics = {
  id: "metrics.get",
  scope: "admin",
  method: "GET",
  path: "/metrics",
  summary: "",
} as const satisfies Endpoint;

/** From this very machine, and not through a proxy on it. */
function isLocal(address: string | undefined, headers: Record<string, unknown>): boolean {
  const loopback = address === "::1" || /^(::ffff:)?127\./.test(address ?? "");
  return loopback && headers["x-forwarded-for"] === undefined && headers["forwarded"] === undefined;
}

export function createAccess(pool: Pool): Access {
  const authorize = createAuthorize();
  const cache = createRulesCache<Pool>((from, org) => inOrganization(from, org, (db) => readRules(db, org)));
  const rules = (caller: Caller) => cache.atLeast(pool, caller.org, BigInt(caller.accessVersion));
  const locateRun = createRunLocations(pool);

  const decide: Access["decide"] = async (caller, action, resource) =>
    authorize(caller, action, resource, await rules(caller), { anywhere: action.resource.kind === "anywhere" });
  const assertAllowed = async (caller: Caller, action: Action, resource: ResourceFacts): Promise<Granted> => {
    const decision = await decide(caller, action, resource);
    if (!decision.allowed) throw new ForbiddenError(action.id, decision);
    return caller.roles.flatMap((one) =>
      one.breakGlass !== undefined && (action.resource.kind === "anywhere" || holdsAt(one, resource))
        ? [one.breakGlass]
        : [],
    );
  };

  return {
    decide,
    rules,
    precheck: (caller, endpoint) => {
      const action = actionOf(endpoint);
      const decision = authorize(caller, action, organizationOf(caller), noRules, { anywhere: true });
      if (!decision.allowed) throw new ForbiddenError(action.id, decision);
    },
    check: async (caller, endpoint, parts) => {
      const action = actionOf(endpoint);
      const { resource } = action;
      switch (resource.kind) {
        case "organization":
        case "anywhere":
        case "self":
          return assertAllowed(caller, action, organizationOf(caller));
        case "place":
          return assertAllowed(
            caller,
            action,
            factsOfPlace(caller.org, await rules(caller), namedIn(parts, resource.in)),
          );
        default: {
          const id = String((parts.params as Record<string, unknown>)[resource.param]);
          const found = await find(caller, resource.kind, id);
          const at =
            found === null ? organizationOf(caller) : located(caller, await rules(caller), resource.kind, id, found);
          // Whoever has no role there sees nothing there, not even that it is.
          if (!hasRoleAt(caller, at)) throw new NotFoundError();
          return assertAllowed(caller, action, at);
        }
      }
    },
    demand: async (caller, id, place = {}) => {
      const action = apiActions().get(id);
      if (action === undefined) throw new Error(`There is no action ${id}.`);
      return assertAllowed(caller, action, factsOfPlace(caller.org, await rules(caller), place));
    },
  };

  function find(caller: Caller, kind: Located, id: string): Promise<Location | null> | Location {
    if (kind === "run") return locateRun(caller.org, id);
    return inOrganization(pool, caller.org, (db) => locate(db, kind, id));
  }
}

const noRules: Rules = { version: 0n, at: () => null, project: () => null, protection: () => null };

/** A run never moves, so where one is found stays known. */
function createRunLocations(pool: Pool): (org: string, run: string) => Location | Promise<Location | null> {
  const known = new Map<string, Location>();
  return (org, run) => {
    const key = `${org} ${run}`;
    return (
      known.get(key) ??
      inOrganization(pool, org, (db) => locate(db, "run", run)).then((found) => {
        if (known.size >= maximumLocations) known.clear();
        if (found !== null) known.set(key, found);
        return found;
      })
    );
  };
}

const maximumLocations = 50_000;

function organizationOf({ org }: Caller): ResourceFacts {
  return { type: "Organization", id: org, project: null, environment: null, protection: null };
}

/** Project and environment as the request names them. */
function namedIn(parts: Parts, part: string): { project?: string | null; environment?: string | null } {
  const [first = "", second] = part.split(".");
  const whole = ((parts as Record<string, unknown>)[first] ?? {}) as Record<string, unknown>;
  const from = (second === undefined ? whole : (whole[second] ?? {})) as Record<string, unknown>;
  const { environment: planned } = (from["plan"] ?? {}) as Record<string, unknown>;
  return { project: text(from["project"]), environment: text(from["environment"]) ?? text(planned) };
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function located({ org }: Caller, rules: Rules, kind: Located, id: string, at: Location): ResourceFacts {
  return kind === "run" ? factsOfRun(org, rules, { ...at, run: id }) : factsOfPlace(org, rules, at);
}

function hasRoleAt({ roles }: Caller, { project, environment }: ResourceFacts): boolean {
  return roles.some(
    (one) =>
      one.project === null ||
      (one.project === project?.id && (one.environment === null || one.environment === environment)),
  );
}

/** What the caller sees of the organization, as row-level security takes it; null: all of it. */
export function placesOf({ roles }: Pick<Caller, "roles">): string[] | null {
  if (roles.some(({ project }) => project === null)) return null;
  return roles.flatMap(({ project, environment }) =>
    environment === null ? [project ?? ""] : [`${project ?? ""}/${environment}`, `${project ?? ""}/`],
  );
}
