import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createGuardedFetch } from "../../outgoing/index.ts";
import {
  holdMcpTokens,
  noteMcpSignIn,
  readMcpTokens,
  releaseMcpTokens,
  renewMcpTokens,
} from "../../store/agents/mcp-sign-ins.ts";
import { McpSignInNeededError, McpUnreachableError } from "../errors.ts";
import { refusals, withoutReasons } from "../without-reasons.ts";
import { isOver, renewGrant, type Grant } from "./grant.ts";
import { openGrant, sealGrant, type SignInDeps } from "./sign-ins.ts";

/** Tokens of the person who signed in, for one server. */
export interface Tokens {
  /** One that is good for a while yet. @throws McpSignInNeededError, McpUnreachableError */
  current(): Promise<string>;
  /** It wasn't taken. What is current then is another. @throws as `current` does */
  refused(token: string): Promise<void>;
  /** It was taken, but isn't good for what was called. */
  lacks(scope: string | undefined): Promise<void>;
}

/** Tokens for a server, at the address that it has now. */
export type TokensOf = (of: { org: string; server: string; url: string; signal: AbortSignal }) => Tokens;

/** Before it ends: what is asked with it has to arrive. */
const spareMs = 30_000;
const renewalMs = 15_000;
/** Longer than a renewal takes; whoever died over it is replaced after that. */
const holdMs = 30_000;
const lookAgainMs = 100;
/** As RFC 6749 writes them (3.3): people are shown what a server said. */
const scopes = /^[\x21\x23-\x5b\x5d-\x7e ]{1,500}$/;

/**
 * One renewal at a time, wherever in the installation: a token to renew by is often good for once, and an authorization server that sees it
 * twice ends all that came of it.
 */
export function createTokensOf({ pool, keys, guard, now }: SignInDeps): TokensOf {
  return ({ org, server, url, signal }) => {
    const place = { org, server };
    const read = async (): Promise<Grant> => {
      const stored = await readMcpTokens(pool, place);
      if (stored === null || stored.sealed === null)
        throw new McpSignInNeededError(server, stored?.problem === "ended" ? "ended" : "never");
      await keys.prepare(org);
      const grant = await openGrant(keys, place, stored.sealed);
      // It was for another address, of whatever is called so.
      if (grant.url !== new URL(url).href) throw new McpSignInNeededError(server, "never");
      return grant;
    };
    /** Another than the one that was refused, or that ends soon. */
    const fresh = async (refused: string | null): Promise<string> => {
      const { access, endsAt, refresh } = await read();
      const lasts = endsAt === null || endsAt - now() > spareMs;
      // What can't be renewed is tried for as long as the server takes it.
      if (access !== refused && (lasts || refresh === null)) return access;
      for (;;) {
        const holder = randomUUID();
        const held = await holdMcpTokens(pool, place, { holder, ms: holdMs });
        const grant = held === null ? await read() : await openGrant(keys, place, held);
        if (grant.access === access && held !== null) return renew(grant, holder);
        // Somebody else renewed them.
        if (held !== null) await releaseMcpTokens(pool, place, holder, { ended: false });
        if (grant.access !== access) return grant.access;
        await delay(lookAgainMs, undefined, { signal });
      }
    };

    const renew = async (grant: Grant, holder: string): Promise<string> => {
      const { refresh } = grant;
      if (refresh === null) {
        await releaseMcpTokens(pool, place, holder, { ended: true });
        throw new McpSignInNeededError(server, "ended");
      }
      const { fetch, close } = createGuardedFetch(guard);
      // Not the call's own signal: an answer that nobody hears is a token that is lost.
      const until = AbortSignal.timeout(renewalMs);
      const timed: typeof fetch = (input, init) => fetch(input, { ...init, signal: until });
      try {
        const renewed = await renewGrant(server, {
          grant: { ...grant, refresh },
          fetch: withoutReasons(timed, new URL(url), refusals),
          now: now(),
        });
        await renewMcpTokens(pool, { ...place, holder, ...(await sealGrant(keys, place, renewed)) });
        return renewed.access;
      } catch (error) {
        const ended = isOver(error);
        await releaseMcpTokens(pool, place, holder, { ended });
        if (ended) throw new McpSignInNeededError(server, "ended", { cause: error });
        throw new McpUnreachableError(server, "its authorization server gave no new token", { cause: error });
      } finally {
        close();
      }
    };

    return {
      current: () => fresh(null),
      refused: async (token) => void (await fresh(token)),
      async lacks(scope) {
        await noteMcpSignIn(pool, place, {
          problem: "scope",
          lacks: scopes.test(scope ?? "") ? (scope ?? null) : null,
        });
        throw new McpSignInNeededError(server, "scope");
      },
    };
  };
}
