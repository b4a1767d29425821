import { Scope } from "@gantry/sdk/api";
import type { McpHttp } from "@gantry/sdk/mcp";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { callerOf, type Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, OriginRefusedError, UnauthorizedError } from "../errors.ts";
import { fetchWithin } from "../http/fetch-within.ts";
import { assertShallow } from "../http/parse.ts";
import { exchange } from "../http/web-exchange.ts";

export const mcpPath = "/mcp";
const metadataPath = "/.well-known/oauth-protected-resource";

/**
 * `/mcp`: Model Context Protocol over Streamable HTTP. It is no second way in: what its tools do are calls of this API with the credential
 * that came along, so each is authorised, limited and recorded as if it had been sent by itself.
 */
export function mcpRoutes(app: FastifyInstance, deps: ApiDeps, until: AbortSignal): void {
  // Loaded with the first call: a start is spared it.
  let serving: Promise<McpHttp<McpCaller>> | undefined;
  const serve = () =>
    (serving ??= import("@gantry/sdk/mcp").then(({ createGantryMcp, createMcpHttp, listenToRuns }) => {
      const { main } = deps.signIn.origins();
      const apiOf = (caller: () => McpCaller) => ({
        url: main,
        fetch: ((input, init) => caller().fetch(input, init)) satisfies typeof fetch,
        tries: 1,
        userAgent: "gantry-mcp",
      });
      return createMcpHttp<McpCaller>({
        serverFor: (caller, subscriptions) =>
          createGantryMcp({ api: apiOf(caller), address: main, version: deps.config.version, subscriptions }),
        ownerOf: ({ owner }) => owner,
        listen: (caller, uris, changed) => listenToRuns(apiOf(caller), uris, changed),
        onError: (err) => deps.log.debug({ err }, "A call of MCP was refused or failed"),
      });
    }));
  app.addHook("preClose", async () => {
    await (await serving)?.close();
  });

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.route({
      method: ["GET", "POST", "DELETE"],
      url: mcpPath,
      config: { access: "mcp" },
      onRequest: async (request) => {
        // A browser's session acts for pages of ours only, and those don't speak this.
        if (request.headers.authorization === undefined) throw new UnauthorizedError();
        refuseStrangers(deps, request);
      },
      handler: async (request, reply) => {
        const parsed = parsedBody(request.body);
        const { answer } = await serve();
        const caller = { owner: ownerOf(callerOf(request)), fetch: fetchWithin(app, request) };
        return exchange(request, reply, { origin: originOf(deps, request), until }, (one) =>
          answer(one, caller, parsed),
        );
      },
    });
  });

  // RFC 9728; the second is where clients look for it that know the address of /mcp only.
  for (const url of [metadataPath, metadataPath + mcpPath])
    app.get(url, { config: { access: "public" } }, async (request) => ({
      resource: originOf(deps, request) + mcpPath,
      resource_name: "Gantry",
      resource_documentation: `${originOf(deps, request)}/docs`,
      bearer_methods_supported: ["header"],
      scopes_supported: Scope.options.filter((one) => one !== "admin:everywhere"),
    }));
}

interface McpCaller {
  owner: string;
  /** Asks this API in their name. */
  fetch: typeof fetch;
}

/** A session is for one credential of one actor; short-lived tokens are the one that they were made from. */
function ownerOf({ org, actor, credential: { kind, id, parent } }: Caller): string {
  return [org, actor.id, parent?.kind ?? kind, parent?.id ?? id].join(" ");
}

/** What a client without a good credential is answered with besides the problem: where it says what this takes (RFC 9728, 5.1). */
export function mcpChallenge(deps: Pick<ApiDeps, "signIn">, request: FastifyRequest): string {
  return `Bearer resource_metadata="${originOf(deps, request)}${metadataPath}${mcpPath}"`;
}

/** Pages of others, which a browser could be made to load: DNS rebinding gets past the name of the host. @throws OriginRefusedError */
function refuseStrangers(deps: ApiDeps, { headers: { origin }, host }: FastifyRequest): void {
  if (origin === undefined || origin === deps.signIn.origins().of(host) || deps.config.corsOrigins.includes(origin))
    return;
  throw new OriginRefusedError(origin);
}

function originOf({ signIn }: Pick<ApiDeps, "signIn">, { host }: FastifyRequest): string {
  return signIn.origins().of(host) ?? signIn.origins().main;
}

/** Undefined for what isn't JSON: the protocol has an answer of its own for that. @throws BodyTooDeepError, BodyTooComplexError, InvalidRequestError */
function parsedBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    assertShallow(value);
    // One request would set thousands of calls going at once; the protocol gave batches up in June 2025.
    if (Array.isArray(value)) throw new InvalidRequestError([{ path: "", message: "must be one message, no batch" }]);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
