import {
  Client,
  ClientCredentialsProvider,
  extractWWWAuthenticateParams,
  OAuthClientFlowError,
  OAuthError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type AuthProvider,
  type ElicitResult,
  type InputRequest,
  type OAuthClientProvider,
  type Transport,
} from "@modelcontextprotocol/client";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { GantryError } from "@gantry/sdk";
import type { OpenTalk } from "../exec/index.ts";
import { createRedactor, MINIMUM_SECRET_LENGTH, type Redactor } from "../lib/redact.ts";
import { createGuardedFetch, type AddressGuard } from "../outgoing/index.ts";
import type { McpOauth, McpServerSetup } from "../store/agents/mcp.ts";
import { shown } from "./definition.ts";
import { McpProgramElsewhereError, McpProgramFailedError, McpRefusedError, McpUnreachableError } from "./errors.ts";
import { ProgramTransport } from "./program-transport.ts";
import type { Tokens, TokensOf } from "./sign-in/tokens.ts";
import { withoutReasons } from "./without-reasons.ts";

export interface ClientDeps {
  guard: AddressGuard;
  version: string;
  /** Starts programs; null in a process that runs none. */
  talk: OpenTalk | null;
  /** Of people who signed in. */
  tokensOf: TokensOf;
}

export interface Opening {
  org: string;
  server: string;
  setup: McpServerSetup;
  /** Value of a secret that the server is given. */
  secret(name: string): Promise<string>;
  signal: AbortSignal;
  /** Answers what the server asks in the middle of a call; absent: nobody is there. */
  elicit?(params: InputRequest["params"], signal: AbortSignal): Promise<ElicitResult>;
}

export interface OpenClient {
  client: Client;
  /** Takes out of what the server says whatever it was given to know us by. */
  hidden(): Redactor;
  close(): Promise<void>;
}

const connectMs = 30_000;
const maximumPages = 20;
/** How long a server may take to end a session: whoever asked it something has the answer already. */
const farewellMs = 2_000;

/** Connects to a server in whichever revision it speaks. It may ask people by a form; samples of a model and roots it doesn't get. */
export async function openClient(deps: ClientDeps, opening: Opening): Promise<OpenClient> {
  const { transport, end, said, given } = await openTransport(deps, opening);
  const client = new Client(
    { name: "gantry", version: deps.version },
    {
      capabilities: { elicitation: { form: {} } },
      // What a call needs before it can go on comes back as an error with what was asked: `call.ts` asks, which may take a day.
      inputRequired: { maxRounds: 0 },
      versionNegotiation: { mode: "auto", probe: { timeoutMs: 10_000 } },
      listMaxPages: maximumPages,
      // Its default compiles a server's schema to code. Results are checked by `schema.ts`.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  client.setRequestHandler("elicitation/create", async ({ params }, { mcpReq }) =>
    opening.elicit === undefined
      ? { action: "cancel" }
      : opening.elicit(hiding(given).redactValue(params), mcpReq.signal),
  );
  try {
    await client.connect(transport, { signal: opening.signal, timeout: connectMs });
  } catch (error) {
    const why = shown(said?.() ?? "", 1_000).trim();
    await end(client);
    throw why === ""
      ? explain(opening, error, hiding(given))
      : new McpProgramFailedError(opening.server, why, { cause: error });
  }
  return { client, hidden: () => hiding(given), close: () => end(client) };
}

function hiding(given: ReadonlySet<string>): Redactor {
  return createRedactor([...given].filter((one) => Buffer.byteLength(one) >= MINIMUM_SECRET_LENGTH));
}

interface Opened {
  transport: Transport;
  end(client: Client): Promise<void>;
  /** What a program wrote to stderr. */
  said?(): string;
  /** What the server got of secrets and tokens, so far. */
  given: ReadonlySet<string>;
}

async function openTransport(deps: ClientDeps, opening: Opening): Promise<Opened> {
  const { url, command } = opening.setup;
  if (url !== null) return openAddress(deps, opening, url);
  if (command !== null) return openProgram(deps, opening, command);
  throw new McpUnreachableError(opening.server, "it has neither address nor program");
}

/** Memory and processes of a program with all that it starts. */
const limits = { memoryBytes: 1024 ** 3, processes: 128 };

async function openProgram({ talk }: ClientDeps, { server, setup, secret }: Opening, command: string): Promise<Opened> {
  if (talk === null) throw new McpProgramElsewhereError(server);
  const env: Record<string, string> = { ...setup.env };
  for (const [variable, name] of Object.entries(setup.secrets)) env[variable] = await secret(name);
  const network = setup.network ? "host" : "none";
  const program = await talk({ id: randomUUID(), command, args: setup.args, env, network, limits });
  const given = new Set(Object.keys(setup.secrets).map((variable) => env[variable] ?? ""));
  return {
    given,
    transport: new ProgramTransport(program),
    end: async (client) => {
      await client.close().catch(() => undefined);
      await program.end();
    },
    said: () => hiding(given).redact(program.stderr()),
  };
}

async function openAddress(deps: ClientDeps, opening: Opening, url: string): Promise<Opened> {
  const { setup, secret } = opening;
  const headers: Record<string, string> = {};
  const given = new Set<string>();
  for (const [use, name] of Object.entries(setup.secrets)) {
    const value = await secret(name);
    given.add(value);
    if (use === "bearer") headers["Authorization"] = `Bearer ${value}`;
    else headers[use] = value;
  }
  const { fetch, close } = createGuardedFetch(deps.guard);
  const at = new URL(url);
  const signedIn = await signedInBy(deps, opening, { at, fetch, given });
  const transport = new StreamableHTTPClientTransport(at, { fetch, requestInit: { headers }, ...signedIn });
  return {
    transport,
    given,
    end: async (client) => {
      // Servers of 2025 hold a session until they are told. Closing ends what one doesn't answer.
      const told = transport.terminateSession().catch(() => undefined);
      await Promise.race([told, delay(farewellMs, undefined, { ref: false })]);
      await client.close().catch(() => undefined);
      close();
    },
  };
}

interface SignedIn {
  authProvider: AuthProvider | OAuthClientProvider;
  fetch: typeof globalThis.fetch;
}

async function signedInBy(
  { tokensOf }: ClientDeps,
  { org, server, setup: { oauth }, secret, signal }: Opening,
  { at, fetch, given }: { at: URL; fetch: typeof globalThis.fetch; given: Set<string> },
): Promise<SignedIn | null> {
  if (oauth === null) return null;
  const noting = notingTokens(fetch, at, given);
  if (oauth.by === "program")
    return { authProvider: await asProgram(oauth, secret), fetch: withoutReasons(noting, at) };
  const tokens = tokensOf({ org, server, url: at.href, signal });
  return { authProvider: asPerson(tokens), fetch: askingForMore(noting, at, tokens) };
}

/** A token for this connection alone. Where to ask for it the server says, but it must be the issuer that a person named. */
async function asProgram(
  { issuer, client, secret, scope }: McpOauth,
  read: Opening["secret"],
): Promise<OAuthClientProvider> {
  const clientSecret = await read(secret ?? "");
  return new ClientCredentialsProvider({
    clientId: client ?? "",
    clientSecret,
    clientName: "gantry",
    expectedIssuer: issuer ?? "",
    ...(scope !== null && { scope }),
  });
}

/** With the tokens of whoever signed in; the server is asked for nothing that would take a person. */
function asPerson(tokens: Tokens): AuthProvider {
  let last = "";
  return {
    token: async () => (last = await tokens.current()),
    onUnauthorized: () => tokens.refused(last),
  };
}

/** A token that isn't good for a call (RFC 6750, 3.1) needs a person again. */
function askingForMore(fetch: typeof globalThis.fetch, at: URL, tokens: Tokens): typeof globalThis.fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    if (answer.status !== 403 || hrefOf(input) !== at.href) return answer;
    const { error, scope } = extractWWWAuthenticateParams(answer);
    if (error === "insufficient_scope") {
      await answer.body?.cancel();
      await tokens.lacks(scope);
    }
    return answer;
  };
}

/** Whatever it is given as its caller's token, however that came about. */
function notingTokens(fetch: typeof globalThis.fetch, at: URL, given: Set<string>): typeof globalThis.fetch {
  return (input, init) => {
    const [, token] = /^Bearer (.+)$/i.exec(new Headers(init?.headers).get("authorization") ?? "") ?? [];
    if (token !== undefined && hrefOf(input) === at.href) given.add(token);
    return fetch(input, init);
  };
}

function hrefOf(input: string | URL | Request): string {
  return new URL(input instanceof Request ? input.url : input).href;
}

/** An error of the protocol's package as one of ours, without the server's address. */
export function explain(
  { server, signal }: Pick<Opening, "server" | "signal">,
  error: unknown,
  hidden: Redactor,
): Error {
  const known = causes(error).find((one) => one instanceof GantryError);
  if (known) return known;
  if (signal.aborted) return signal.reason as Error;
  if (signInFailed.some((kind) => error instanceof kind)) return new McpRefusedError(server, { cause: error });
  if (error instanceof UnauthorizedError) return new McpRefusedError(server, { cause: error });
  if (error instanceof SdkError) {
    if (error.code === SdkErrorCode.ClientHttpAuthentication || error.code === SdkErrorCode.ClientHttpForbidden)
      return new McpRefusedError(server, { cause: error });
    if (error.code === SdkErrorCode.RequestTimeout)
      return new McpUnreachableError(server, "it did not answer in time", { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new McpUnreachableError(server, shown(hidden.redact(message), 500).replace(/\.$/, ""), { cause: error });
}

const signInFailed = [OAuthError, OAuthClientFlowError];

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let one = error; one !== undefined && found.length < 10; one = (one as { cause?: unknown }).cause) {
    if (typeof one !== "object" || one === null) break;
    found.push(one);
  }
  return found;
}
