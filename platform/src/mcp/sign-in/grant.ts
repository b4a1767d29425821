import {
  exchangeAuthorization,
  OAuthError,
  refreshAuthorization,
  startAuthorization,
  validateAuthorizationResponseIssuer,
  type OAuthTokens,
} from "@modelcontextprotocol/client";
import { z } from "zod";
import { McpSignInRefusedError } from "../errors.ts";
import { described, Source } from "./authorization-server.ts";

/** A sign-in that was begun. */
export const Attempt = Source.extend({
  redirectUri: z.string(),
  verifier: z.string(),
  scope: z.string().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** What a sign-in ended with. */
export const Grant = Source.extend({
  access: z.string(),
  refresh: z.string().nullable(),
  scope: z.string().nullable(),
  /** Unix milliseconds; null: it wasn't said. */
  endsAt: z.number().nullable(),
});
export type Grant = z.infer<typeof Grant>;

type Fetch = typeof globalThis.fetch;

/** Where a person goes to sign in (authorization code with PKCE), and what the end of it needs. @throws McpSignInRefusedError */
export async function beginGrant(
  server: string,
  {
    source,
    scope,
    state,
    redirectUri,
  }: { source: Source; scope: string | undefined; state: string; redirectUri: string },
): Promise<{ address: string; attempt: Attempt }> {
  const { authorizationUrl, codeVerifier: verifier } = await startAuthorization(source.metadata.issuer, {
    metadata: described(source),
    clientInformation: source.client,
    redirectUrl: redirectUri,
    resource: source.resource,
    state,
    ...(scope !== undefined && { scope }),
  });
  // A person's browser is sent there.
  if (
    authorizationUrl.protocol !== "https:" &&
    !(authorizationUrl.protocol === "http:" && isLoopback(authorizationUrl))
  )
    throw new McpSignInRefusedError(server, "its authorization server can't be reached by TLS");
  return { address: authorizationUrl.href, attempt: { ...source, redirectUri, verifier, scope: scope ?? null } };
}

export interface CallbackAnswer {
  code: string | null;
  iss: string | null;
  error: string | null;
}

/**
 * Redeems what the authorization server sent the person back with, where it was begun and nowhere else (RFC 9207).
 * @throws McpSignInRefusedError
 */
export async function endGrant(
  server: string,
  { attempt, answer, fetch, now }: { attempt: Attempt; answer: CallbackAnswer; fetch: Fetch; now: number },
): Promise<Grant> {
  const { redirectUri, verifier, scope, ...source } = attempt;
  const { issuer, authorization_response_iss_parameter_supported: supported } = source.metadata;
  const iss = answer.iss ?? undefined;
  try {
    validateAuthorizationResponseIssuer({ iss, expectedIssuer: issuer, issParameterSupported: supported === true });
  } catch (error) {
    throw new McpSignInRefusedError(server, "the answer isn't from the authorization server that was asked", {
      cause: error,
    });
  }
  if (answer.code === null)
    throw new McpSignInRefusedError(
      server,
      answer.error === "access_denied" ? "it was denied there" : "its authorization server gave no code",
    );
  const tokens = await exchangeAuthorization(issuer, {
    metadata: described(source),
    clientInformation: source.client,
    authorizationCode: answer.code,
    codeVerifier: verifier,
    redirectUri,
    resource: source.resource,
    fetchFn: fetch,
    ...(iss !== undefined && { iss }),
  }).catch((error: unknown) => {
    throw new McpSignInRefusedError(server, "its authorization server gave no token", { cause: error });
  });
  return grantOf(server, { source, tokens, scope, now });
}

/** Whether the authorization server said that the tokens are good no more; anything else may pass. */
export function isOver(error: unknown): boolean {
  return error instanceof OAuthError && over.has(error.code);
}
const over = new Set<string>(["invalid_grant", "invalid_client", "unauthorized_client", "access_denied"]);

/** New tokens for the one that renews. @throws what the protocol's package throws. */
export async function renewGrant(
  server: string,
  { grant, fetch, now }: { grant: Grant & { refresh: string }; fetch: Fetch; now: number },
): Promise<Grant> {
  const tokens = await refreshAuthorization(grant.metadata.issuer, {
    metadata: described(grant),
    clientInformation: grant.client,
    refreshToken: grant.refresh,
    resource: grant.resource,
    fetchFn: fetch,
  });
  return grantOf(server, { source: grant, tokens, scope: grant.scope, now });
}

/** Tells the authorization server that the tokens aren't used any more (RFC 7009), where it wants to hear it. */
export async function revokeGrant({ metadata, client, refresh, access }: Grant, fetch: Fetch): Promise<void> {
  if (metadata.revocation_endpoint === undefined) return;
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  // With the one that renews, all that came of it ends.
  const form = new URLSearchParams(
    refresh === null ? { token: access } : { token: refresh, token_type_hint: "refresh_token" },
  );
  const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = client;
  const methods = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  if (
    secret !== undefined &&
    (method ?? (methods.includes("client_secret_basic") ? "client_secret_basic" : "")) === "client_secret_basic"
  )
    headers.set(
      "authorization",
      `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`,
    );
  else {
    form.set("client_id", id);
    if (secret !== undefined) form.set("client_secret", secret);
  }
  const endpoint = new URL(metadata.revocation_endpoint);
  if (endpoint.protocol !== "https:" && !isLoopback(endpoint)) return;
  const answer = await fetch(endpoint, { method: "POST", headers, body: form });
  await answer.body?.cancel();
}

function grantOf(
  server: string,
  { source, tokens, scope, now }: { source: Source; tokens: OAuthTokens; scope: string | null; now: number },
): Grant {
  if (tokens.token_type.toLowerCase() !== "bearer")
    throw new McpSignInRefusedError(server, "its authorization server gives tokens of a kind that isn't known");
  const { url, resource, metadata, client } = source;
  return {
    url,
    resource,
    metadata,
    client,
    access: tokens.access_token,
    refresh: tokens.refresh_token ?? null,
    // What isn't said is what was asked for (RFC 6749, 5.1).
    scope: tokens.scope ?? scope,
    endsAt: tokens.expires_in === undefined ? null : now + tokens.expires_in * 1_000,
  };
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
