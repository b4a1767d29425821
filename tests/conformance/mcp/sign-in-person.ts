import { computeScopeUnion } from "@modelcontextprotocol/client";
import { McpRefusedError, McpSignInNeededError } from "../../../platform/src/mcp/errors.ts";
import { findSource } from "../../../platform/src/mcp/sign-in/authorization-server.ts";
import { beginGrant, endGrant, type Grant } from "../../../platform/src/mcp/sign-in/grant.ts";
import type { TokensOf } from "../../../platform/src/mcp/sign-in/tokens.ts";
import { refusals, withoutReasons } from "../../../platform/src/mcp/without-reasons.ts";
import { createGuardedFetch, type AddressGuard } from "../../../platform/src/outgoing/index.ts";
import type { McpServerSetup } from "../../../platform/src/store/agents/mcp.ts";

const redirectUri = "https://gantry.example.com/mcp/oauth/callback";
/** The suite expects this one, which nobody serves. */
const document = "https://conformance-test.local/client-metadata.json";
/** Then they give up. */
const tries = 3;

/** Somebody who signs in when Gantry says that it takes a person, as often as it does, and allows all that is asked. */
export function createPerson({
  setup,
  guard,
  known,
}: {
  setup: McpServerSetup;
  guard: AddressGuard;
  known: { client_id?: string; client_secret?: string };
}): { tokensOf: TokensOf; untilSignedIn<Result>(work: () => Promise<Result>): Promise<Result> } {
  let grant: Grant | null = null;
  let lacks: string | null = null;

  const signIn = async (): Promise<void> => {
    const url = new URL(setup.url ?? "");
    const { fetch: guarded, close } = createGuardedFetch(guard);
    const fetch = withoutReasons(guarded, url, refusals);
    const { client_id: client = null, client_secret: value = "" } = known;
    const secret = value === "" ? null : "of-the-client";
    setup.oauth = { by: "person", issuer: null, client, secret, scope: null };
    const seeking = { server: "suite", url, oauth: setup.oauth, fetch, redirectUri, document, lacks };
    try {
      const { source, scope } = await findSource({ ...seeking, secret: () => Promise.resolve(value) });
      const { address, attempt } = await beginGrant("suite", { source, scope, state: "a-state", redirectUri });
      const sentBack = await guarded(address);
      const back = new URL(sentBack.headers.get("location") ?? "");
      if (back.searchParams.get("state") !== "a-state") throw new Error("It was another's.");
      const [code, iss, error] = ["code", "iss", "error"].map((one) => back.searchParams.get(one));
      const answer = { code: code ?? null, iss: iss ?? null, error: error ?? null };
      grant = await endGrant("suite", { attempt, answer, fetch, now: Date.now() });
    } finally {
      close();
    }
  };

  return {
    tokensOf: ({ server }) => ({
      async current() {
        if (grant === null) throw new McpSignInNeededError(server, "never");
        return grant.access;
      },
      async refused() {
        throw new McpSignInNeededError(server, "ended");
      },
      async lacks(scope) {
        lacks = computeScopeUnion(lacks ?? undefined, grant?.scope ?? undefined, scope) ?? null;
        throw new McpSignInNeededError(server, "scope");
      },
    }),
    async untilSignedIn(work) {
      for (let tried = 0; ; tried++)
        try {
          return await work();
        } catch (error) {
          if (tried === tries || !(error instanceof McpRefusedError || error instanceof McpSignInNeededError))
            throw error;
          await signIn();
        }
    },
  };
}
