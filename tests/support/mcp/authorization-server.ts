import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** A real authorization server, at which a person signs in and allows everything as soon as they come. */
export interface AuthorizationServer extends AsyncDisposable {
  issuer: string;
  provider: Provider;
  /** Forms that were sent to it, by path, in their order. */
  asked: { path: string; form: URLSearchParams; authorization: string | undefined }[];
  /** Seconds that tokens which it gives from now on are good for. */
  tokenSeconds: number;
  /** Takes everything back that a person allowed. */
  takeBack(): Promise<void>;
  /** What a browser ends at that opens an address of its: the callback with code, state and issuer. */
  visit(address: string): Promise<URL>;
}

export async function startAuthorizationServer(resource: () => string): Promise<AuthorizationServer> {
  const asked: AuthorizationServer["asked"] = [];
  const given = new Set<{ destroy(): Promise<void> }>();
  const server = createServer();
  const noteForm = async (request: IncomingMessage, path: string) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await once(request, "end");
    asked.push({ path, form: new URLSearchParams(text), authorization: request.headers.authorization });
  };
  const finish = async (of: Provider, ...[request, response]: Parameters<ReturnType<Provider["callback"]>>) => {
    const { prompt, params, grantId } = await of.interactionDetails(request, response);
    const accountId = "somebody";
    if (prompt.name === "login") return of.interactionFinished(request, response, { login: { accountId } }, {});
    const grant = grantId
      ? await of.Grant.find(grantId)
      : new of.Grant({ clientId: String(params["client_id"]), accountId });
    grant.addOIDCScope("openid offline_access tools admin");
    grant.addResourceScope(resource(), "tools admin");
    const consent = { grantId: await grant.save() };
    given.add(grant);
    return of.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [],
    scopes: ["openid", "offline_access", "tools", "admin"],
    pkce: { required: () => true },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    ttl: { AccessToken: () => self.tokenSeconds, RefreshToken: 3_600, Grant: 3_600, Session: 3_600, Interaction: 600 },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: "tools admin", accessTokenFormat: "opaque" }),
        useGrantedResource: () => true,
      },
    },
  });
  server.on("request", (request, response) => {
    const { pathname } = new URL(request.url ?? "/", issuer);
    if (request.method === "POST") void noteForm(request, pathname);
    if (pathname.startsWith("/interaction/")) void finish(provider, request, response);
    else void provider.callback()(request, response);
  });
  const cookies = new Map<string, string>();
  const self: AuthorizationServer = {
    issuer,
    provider,
    asked,
    tokenSeconds: 300,
    async takeBack() {
      for (const grant of given) await grant.destroy();
      given.clear();
    },
    async visit(address) {
      let at = new URL(address);
      for (let step = 0; step < 12; step++) {
        if (at.origin !== issuer) return at;
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
        const answer = await fetch(at, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
        for (const set of answer.headers.getSetCookie()) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          cookies.set(name, value);
        }
        const next = answer.headers.get("location");
        if (next === null) throw new Error(`It ended with ${answer.status} at ${at.pathname}: ${await answer.text()}`);
        at = new URL(next, at);
      }
      throw new Error(`It leads nowhere, and last to ${at.pathname}.`);
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return self;
}
