import {
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  isHttpsUrl,
  registerClient,
  type AuthorizationServerMetadata,
} from "@modelcontextprotocol/client";
import { z } from "zod";
import type { McpOauth } from "../../store/agents/mcp.ts";
import { McpSignInRefusedError } from "../errors.ts";

/** How Gantry is known at an authorization server. */
const Client = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

/** Whose tokens they are, and for what: kept with them, so that none is ever sent elsewhere. */
export const Source = z.object({
  /** The server that they are for, as it was set up, and as it calls itself (RFC 8707). */
  url: z.string(),
  resource: z.string(),
  /** What is needed of the authorization server's description (RFC 8414). */
  metadata: z.object({
    issuer: z.string(),
    authorization_endpoint: z.string(),
    token_endpoint: z.string(),
    revocation_endpoint: z.string().optional(),
    response_types_supported: z.array(z.string()),
    code_challenge_methods_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    authorization_response_iss_parameter_supported: z.boolean().optional(),
  }),
  client: Client,
});
export type Source = z.infer<typeof Source>;

/** What the protocol's package takes for a description. */
export const described = ({ metadata }: Pick<Source, "metadata">): AuthorizationServerMetadata => metadata;

export interface Seeking {
  server: string;
  url: URL;
  oauth: McpOauth;
  fetch: typeof globalThis.fetch;
  /** Where its answer comes back to, and where Gantry describes itself. */
  redirectUri: string;
  document: string;
  /** Value of a secret. */
  secret(name: string): Promise<string>;
  /** Scopes that were given before, with those that were found to lack; null: none were. */
  lacks: string | null;
}

/**
 * Finds the authorization server of a server (RFC 9728, 8414 and OpenID Connect's), and a client there: the one that a person registered, else
 * Gantry's own description, else one that is registered on the spot (RFC 7591).
 * @throws McpSignInRefusedError, and what the protocol's package throws.
 */
export async function findSource(seeking: Seeking): Promise<{ source: Source; scope: string | undefined }> {
  const { server, url, oauth, fetch } = seeking;
  const challenge = await challengeOf(url, fetch);
  const said = await discoverOAuthProtectedResourceMetadata(
    url,
    challenge.resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl: challenge.resourceMetadataUrl },
    fetch,
  );
  if (!checkResourceAllowed({ requestedResource: url, configuredResource: said.resource }))
    throw new McpSignInRefusedError(server, "it says that its tokens are for another server");
  const named = said.authorization_servers ?? [];
  const issuer = oauth.issuer === null ? named[0] : named.find((one) => sameIssuer(one, oauth.issuer));
  if (issuer === undefined)
    throw new McpSignInRefusedError(
      server,
      oauth.issuer === null
        ? "it names no authorization server"
        : "it doesn't name the authorization server that you did",
    );
  const found = await discoverAuthorizationServerMetadata(issuer, { fetchFn: fetch });
  const metadata = Source.shape.metadata.safeParse(found);
  if (found === undefined || !metadata.success || !metadata.data.code_challenge_methods_supported.includes("S256"))
    throw new McpSignInRefusedError(server, "its authorization server doesn't say that it takes PKCE with S256");
  const scope = scopeFor(seeking, {
    challenge: challenge.scope,
    said: said.scopes_supported,
    known: found.scopes_supported,
  });
  return {
    source: {
      url: url.href,
      resource: said.resource,
      metadata: metadata.data,
      client: await clientAt(seeking, found, scope),
    },
    scope,
  };
}

/** What it answers a request without a token with. */
async function challengeOf(
  url: URL,
  fetch: Seeking["fetch"],
): Promise<ReturnType<typeof extractWWWAuthenticateParams>> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "ping" }),
  });
  await answer.body?.cancel();
  return answer.status === 401 ? extractWWWAuthenticateParams(answer) : {};
}

/** As a person wrote it, else what the server asks for, with what was found to lack, and a token to renew by where that has a scope. */
function scopeFor(
  { oauth, lacks }: Seeking,
  {
    challenge,
    said,
    known,
  }: { challenge: string | undefined; said: string[] | undefined; known: string[] | undefined },
): string | undefined {
  if (oauth.scope !== null) return oauth.scope;
  const asked = challenge ?? (lacks === null ? said?.join(" ") : undefined);
  const wanted = new Set(`${asked ?? ""} ${lacks ?? ""}`.split(" ").filter((one) => one !== ""));
  if (wanted.size > 0 && known?.includes("offline_access") === true) wanted.add("offline_access");
  return wanted.size === 0 ? undefined : [...wanted].join(" ");
}

async function clientAt(
  { server, oauth, fetch, redirectUri, document, secret }: Seeking,
  metadata: AuthorizationServerMetadata,
  scope: string | undefined,
): Promise<Source["client"]> {
  if (oauth.client !== null)
    return {
      client_id: oauth.client,
      ...(oauth.secret === null ? {} : { client_secret: await secret(oauth.secret) }),
    };
  if (metadata.client_id_metadata_document_supported === true && isHttpsUrl(document)) return { client_id: document };
  if (metadata.registration_endpoint === undefined)
    throw new McpSignInRefusedError(
      server,
      "its authorization server registers nobody by itself. Register Gantry there, and name the client",
    );
  const methods = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const method = ["none", "client_secret_basic", "client_secret_post"].find((one) => methods.includes(one));
  const clientMetadata = {
    ...aboutGantry(redirectUri),
    ...(method !== undefined && { token_endpoint_auth_method: method }),
  };
  const asked = { metadata, clientMetadata, fetchFn: fetch, ...(scope !== undefined && { scope }) };
  // oxlint-disable-next-line typescript/no-deprecated -- most authorization servers offer nothing else yet
  return Client.parse(await registerClient(metadata.issuer, asked));
}

/** What authorization servers are told of this installation. */
export function aboutGantry(redirectUri: string) {
  const { hostname, origin } = new URL(redirectUri);
  return {
    client_name: "Gantry",
    client_uri: origin,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: /^(localhost|127\.|\[::1\])/.test(hostname) ? "native" : "web",
  };
}

function sameIssuer(one: string, other: string | null): boolean {
  return one.replace(/\/$/, "") === other?.replace(/\/$/, "");
}
