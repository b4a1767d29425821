import { createHash, randomBytes } from "node:crypto";
import {
  computeScopeUnion,
  InsecureTokenEndpointError,
  IssuerMismatchError,
  RegistrationRejectedError,
} from "@modelcontextprotocol/client";
import { GantryError } from "@gantry/sdk";
import type { Pool } from "pg";
import { createGuardedFetch, type AddressGuard } from "../../outgoing/index.ts";
import { mcpSignInBinding, type OrganizationKeys } from "../../secrets/index.ts";
import {
  beginMcpSignIn,
  eraseMcpSignIn,
  noteMcpSignIn,
  putMcpTokens,
  readMcpTokens,
  takeMcpAttempt,
} from "../../store/agents/mcp-sign-ins.ts";
import type { McpOauth, McpServerRow } from "../../store/agents/mcp.ts";
import { inOrganization } from "../../store/organization.ts";
import type { Queryable } from "../../store/queryable.ts";
import { McpSignInRefusedError, McpUnreachableError } from "../errors.ts";
import { refusals, withoutReasons } from "../without-reasons.ts";
import { findSource } from "./authorization-server.ts";
import { Attempt, beginGrant, endGrant, Grant, revokeGrant, type CallbackAnswer } from "./grant.ts";

export interface SignInDeps {
  /** Of role gantry_engine: the API itself can read no token. */
  pool: Pool;
  keys: OrganizationKeys;
  guard: AddressGuard;
  now(): number;
}

interface Place {
  org: string;
  server: string;
}

/** People who sign in to servers for their organization. */
export interface McpSignIns {
  /** @throws McpSignInRefusedError, McpUnreachableError */
  begin(of: {
    server: McpServerRow;
    oauth: McpOauth;
    person: string;
    actor: string;
    /** Of this installation, as the person's browser sees it. */
    origin: string;
    secret(name: string): Promise<string>;
  }): Promise<{ address: string; expiresAt: Date }>;
  /**
   * Ends what was begun by this very person.
   * @returns null when nothing was, or its time is over. @throws McpSignInRefusedError
   */
  end(of: {
    state: string;
    person: string;
    answer: CallbackAnswer;
    /** In the transaction that keeps the tokens: what isn't written down isn't done. */
    record(db: Queryable, of: Place, result: "allowed" | "denied"): Promise<void>;
  }): Promise<Place | null>;
  /** Takes the tokens back where their authorization server takes them, and erases them. */
  forget(org: string, server: string): Promise<void>;
}

export const callbackPath = "/mcp/oauth/callback";
export const documentPath = "/mcp/oauth/client.json";

/** How long a person has for it. */
const lifeMs = 10 * 60_000;
/** For all that is asked of servers for one of them. */
const talkMs = 20_000;

export function createMcpSignIns({ pool, keys, guard, now }: SignInDeps): McpSignIns {
  const withFetch = async <Result>(
    server: string,
    url: string,
    work: (fetch: typeof globalThis.fetch) => Promise<Result>,
  ) => {
    const { fetch, close } = createGuardedFetch(guard);
    const signal = AbortSignal.timeout(talkMs);
    const timed: typeof fetch = (input, init) => fetch(input, { ...init, signal });
    try {
      return await work(withoutReasons(timed, new URL(url), refusals));
    } catch (error) {
      if (error instanceof GantryError) throw error;
      if (signal.aborted) throw new McpUnreachableError(server, "it did not answer in time", { cause: error });
      throw new McpSignInRefusedError(server, whyOf(error), { cause: error });
    } finally {
      close();
    }
  };
  const grantOf = async (org: string, server: string): Promise<Grant | null> => {
    const stored = await readMcpTokens(pool, { org, server });
    return stored?.sealed ? openGrant(keys, { org, server }, stored.sealed) : null;
  };

  return {
    async begin({ server: { org, name: server, url }, oauth, person, actor, origin, secret }) {
      if (url === null) throw new McpSignInRefusedError(server, "it is a program");
      await keys.prepare(org);
      const before = await grantOf(org, server).catch(() => null);
      const stored = await readMcpTokens(pool, { org, server });
      const lacking = stored?.lacks ?? null;
      const lacks = lacking === null ? null : (computeScopeUnion(before?.scope ?? undefined, lacking) ?? null);
      const redirectUri = origin + callbackPath;
      const state = randomBytes(32).toString("base64url");
      const { address, attempt } = await withFetch(server, url, async (fetch) => {
        const seeking = {
          server,
          url: new URL(url),
          oauth,
          fetch,
          redirectUri,
          document: origin + documentPath,
          secret,
          lacks,
        };
        const { source, scope } = await findSource(seeking);
        return beginGrant(server, { source, scope, state, redirectUri });
      });
      const sealed = await keys.seal(mcpSignInBinding(org, server, "attempt"), Buffer.from(JSON.stringify(attempt)));
      const expiresAt = await beginMcpSignIn(pool, {
        org,
        server,
        state: digestOf(state),
        person,
        actor,
        sealed,
        lifeMs,
      });
      return { address, expiresAt };
    },

    async end({ state, person, answer, record }) {
      const taken = await takeMcpAttempt(pool, digestOf(state), person);
      if (taken === null) return null;
      const { org, server, actor, sealed } = taken;
      await keys.prepare(org);
      const bytes = await keys.open(mcpSignInBinding(org, server, "attempt"), sealed);
      const attempt = Attempt.parse(JSON.parse(bytes.toString("utf8")));
      try {
        const grant = await withFetch(server, attempt.url, (fetch) =>
          endGrant(server, { attempt, answer, fetch, now: now() }),
        );
        const tokens = { issuer: grant.metadata.issuer, ...(await sealGrant(keys, { org, server }, grant)) };
        await inOrganization(pool, org, async (db) => {
          await putMcpTokens(db, { org, server, actor, ...tokens });
          await record(db, { org, server }, "allowed");
        });
      } catch (error) {
        await inOrganization(pool, org, async (db) => {
          await noteMcpSignIn(db, { org, server }, { problem: "refused" });
          await record(db, { org, server }, "denied");
        });
        throw error;
      }
      return { org, server };
    },

    async forget(org, server) {
      await keys.prepare(org);
      const grant = await grantOf(org, server).catch(() => null);
      await eraseMcpSignIn(pool, { org, server });
      // Whether it hears it or not: nobody here has them any more.
      if (grant !== null)
        await withFetch(server, grant.url, (fetch) => revokeGrant(grant, fetch)).catch(() => undefined);
    },
  };
}

export async function openGrant(keys: OrganizationKeys, { org, server }: Place, sealed: Buffer): Promise<Grant> {
  const bytes = await keys.open(mcpSignInBinding(org, server, "tokens"), sealed);
  return Grant.parse(JSON.parse(bytes.toString("utf8")));
}

/** With what may be known of it. */
export async function sealGrant(keys: OrganizationKeys, { org, server }: Place, grant: Grant) {
  return {
    sealed: await keys.seal(mcpSignInBinding(org, server, "tokens"), Buffer.from(JSON.stringify(grant))),
    scope: grant.scope,
    endsAt: grant.endsAt === null ? null : new Date(grant.endsAt),
    renews: grant.refresh !== null,
  };
}

function whyOf(error: unknown): string {
  if (error instanceof RegistrationRejectedError)
    return "its authorization server doesn't register Gantry. Register it there yourself, and name the client";
  if (error instanceof IssuerMismatchError) return "its authorization server says that it is another";
  if (error instanceof InsecureTokenEndpointError) return "its authorization server takes tokens without TLS";
  return "what it, or its authorization server, says of signing in can't be used";
}

function digestOf(state: string): Buffer {
  return createHash("sha256").update(state).digest();
}
