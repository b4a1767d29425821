import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Vault's HTTP protocol for the endpoints that Gantry uses, after Vault's published OpenAPI and API documentation: paths, verbs,
 * status codes, and bodies `{"errors":[…]}`. The real one isn't there to be started in tests; nothing that isn't written down
 * there is relied upon.
 */
export interface VaultServer extends AsyncDisposable {
  url: string;
  /** Each request: verb, path, and whose token. */
  requests: { method: string; path: string; token: string | undefined; namespace: string | undefined; body: unknown }[];
  sealed: boolean;
  /** Answers these instead, one request each, where the path begins so. */
  next: { status: number; errors?: string[]; path?: string }[];
  /** Values of KV by mount and path. */
  kv: Map<string, Record<string, unknown>>;
  /** By lease id; what was revoked is gone. */
  leases: Map<string, { username: string; password: string; ttl: number; renewed: number }>;
  revoked: string[];
  /** Passwords that were ever made. */
  made: string[];
  transitVersion: number;
  tokens: Map<string, { ttl: number; renewable: boolean; renewed: number }>;
  roleId: string;
  secretId: string;
  /** Single-use wrapping tokens of the secret id. */
  wrapping: Set<string>;
  leaseTtl: number;
}

export async function startVaultServer(): Promise<VaultServer> {
  const transit = new Map<number, Buffer>([[1, randomBytes(32)]]);
  const state: Omit<VaultServer, "url" | typeof Symbol.asyncDispose> = {
    requests: [],
    sealed: false,
    next: [],
    kv: new Map(),
    leases: new Map(),
    revoked: [],
    made: [],
    transitVersion: 1,
    tokens: new Map([["root-token", { ttl: 0, renewable: false, renewed: 0 }]]),
    roleId: randomUUID(),
    secretId: randomUUID(),
    wrapping: new Set(),
    leaseTtl: 3_600,
  };
  const mounts: Record<string, { type: string; options: Record<string, string> | null }> = {
    "kv1/": { type: "kv", options: { version: "1" } },
    "kv/": { type: "kv", options: { version: "2" } },
    "database/": { type: "database", options: null },
  };

  const server = createServer((request, response) => {
    void readBody(request).then((body) => handle(request, response, body));
  });

  function handle(request: IncomingMessage, response: ServerResponse, body: Record<string, unknown>): void {
    const { method = "", url = "" } = request;
    const path = decodeURIComponent(new URL(url, "http://vault").pathname.replace(/^\/v1\//, ""));
    const token = one(request.headers["x-vault-token"]);
    state.requests.push({ method, path, token, namespace: one(request.headers["x-vault-namespace"]), body });
    const answer = (status: number, content?: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    };
    const refuse = (status: number, ...errors: string[]) => answer(status, { errors });
    const forced = state.next.find((one) => path.startsWith(one.path ?? ""));
    if (forced !== undefined) state.next.splice(state.next.indexOf(forced), 1);
    if (forced !== undefined) return refuse(forced.status, ...(forced.errors ?? []));
    if (path === "sys/health") return answer(state.sealed ? 503 : 200, { initialized: true, sealed: state.sealed });
    if (state.sealed) return refuse(503, "Vault is sealed");
    const writes = method === "POST" || method === "PUT";

    if (path === "auth/approle/login" && writes) {
      if (body["role_id"] !== state.roleId || body["secret_id"] !== state.secretId)
        return refuse(400, "invalid role or secret ID");
      return answer(200, { auth: issue() });
    }
    if (path === "auth/kubernetes/login" && writes) {
      if (body["role"] !== "gantry" || body["jwt"] !== "service-account-jwt") return refuse(403, "permission denied");
      return answer(200, { auth: issue() });
    }
    if (path === "sys/wrapping/unwrap" && writes) {
      if (token === undefined || !state.wrapping.delete(token))
        return refuse(400, "wrapping token is not valid or does not exist");
      return answer(200, { data: { secret_id: state.secretId } });
    }
    const known = state.tokens.get(token ?? "");
    if (known === undefined) return refuse(403, "permission denied");
    if (path === "auth/token/lookup-self" && method === "GET")
      return answer(200, { data: { ttl: known.ttl, renewable: known.renewable } });
    if (path === "auth/token/renew-self" && writes) {
      if (!known.renewable) return refuse(400, "lease is not renewable");
      known.renewed += 1;
      return answer(200, { auth: { client_token: token, lease_duration: known.ttl, renewable: true } });
    }

    const verb = /^transit\/(encrypt|decrypt|rewrap)\/gantry$/.exec(path)?.[1];
    if (verb !== undefined && writes) {
      try {
        const plaintext =
          verb === "encrypt" ? Buffer.from(String(body["plaintext"]), "base64") : open(body["ciphertext"]);
        if (verb === "decrypt") return answer(200, { data: { plaintext: plaintext.toString("base64") } });
        return answer(200, { data: { ciphertext: seal(plaintext), key_version: state.transitVersion } });
      } catch {
        return refuse(400, "invalid ciphertext: could not decrypt ciphertext");
      }
    }
    if (path === "transit/keys/gantry/rotate" && writes) {
      state.transitVersion += 1;
      transit.set(state.transitVersion, randomBytes(32));
      return answer(204);
    }

    const asked = /^sys\/internal\/ui\/mounts\/(.+)$/.exec(path)?.[1];
    if (asked !== undefined && method === "GET") {
      const mount = Object.keys(mounts).find((prefix) => `${asked}/`.startsWith(prefix));
      if (mount === undefined) return refuse(403, "preflight capability check returned 403");
      return answer(200, { data: { path: mount, ...mounts[mount] } });
    }
    if (method === "GET" && path.startsWith("kv1/")) {
      const data = state.kv.get(path);
      return data === undefined
        ? refuse(404)
        : answer(200, { lease_id: "", lease_duration: 2_764_800, renewable: false, data });
    }
    if (method === "GET" && path.startsWith("kv/data/")) {
      const data = state.kv.get(path.replace("kv/data/", "kv/"));
      return data === undefined
        ? refuse(404)
        : answer(200, { lease_id: "", lease_duration: 0, data: { data, metadata: { version: 1, destroyed: false } } });
    }
    if (method === "GET" && path.startsWith("database/creds/")) {
      const lease = `${path}/${randomUUID()}`;
      const made = {
        username: `v-${randomUUID()}`,
        password: `dyn-${randomBytes(12).toString("hex")}`,
        ttl: state.leaseTtl,
      };
      state.leases.set(lease, { ...made, renewed: 0 });
      state.made.push(made.password);
      const data = { username: made.username, password: made.password };
      return answer(200, { lease_id: lease, lease_duration: made.ttl, renewable: true, data });
    }
    if (path === "sys/leases/renew" && writes) {
      const lease = state.leases.get(String(body["lease_id"]));
      if (lease === undefined) return refuse(400, "lease not found");
      lease.renewed += 1;
      return answer(200, { lease_id: body["lease_id"], lease_duration: lease.ttl, renewable: true });
    }
    if (path === "sys/leases/revoke" && writes) {
      const id = String(body["lease_id"]);
      if (state.leases.delete(id)) state.revoked.push(id);
      return answer(204);
    }
    refuse(405, "unsupported operation");
  }

  function issue() {
    const client_token = `hvs.${randomBytes(16).toString("hex")}`;
    state.tokens.set(client_token, { ttl: 1_200, renewable: true, renewed: 0 });
    return { client_token, lease_duration: 1_200, renewable: true };
  }
  function seal(plaintext: Buffer): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", transit.get(state.transitVersion)!, nonce);
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `vault:v${state.transitVersion}:${sealed.toString("base64")}`;
  }
  function open(ciphertext: unknown): Buffer {
    const [, version = "", text = ""] = /^vault:v(\d+):(.+)$/.exec(String(ciphertext)) ?? [];
    const bytes = Buffer.from(text, "base64");
    const decipher = createDecipheriv("aes-256-gcm", transit.get(Number(version))!, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
