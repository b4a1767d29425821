import { setTimeout as pause } from "node:timers/promises";
import { sendRequest, type AddressGuard, type OutgoingAnswer } from "../../outgoing/index.ts";
import { VaultRefusedError, VaultSealedError, VaultUnavailableError } from "./errors.ts";

/** How to become somebody at Vault. Credentials are read when they are needed, so that replaced ones are taken up. */
export type VaultAuth =
  | { kind: "token"; token(): Promise<string> }
  | { kind: "approle"; mount: string; roleId: string; secretId(): Promise<string>; wrapped: boolean }
  | { kind: "kubernetes"; mount: string; role: string; jwt(): Promise<string> };

export interface VaultSettings {
  address: string;
  namespace: string | undefined;
  /** Certificates (PEM) that vouch for it, instead of the system's. */
  ca: string | undefined;
  auth: VaultAuth;
}

/** The body of Vault's answers, as far as it is used here. */
export interface VaultAnswer {
  lease_id?: string;
  lease_duration?: number;
  renewable?: boolean;
  data?: Record<string, unknown> | null;
  auth?: { client_token: string; lease_duration: number; renewable: boolean } | null;
  errors?: string[];
}

type Method = "GET" | "POST" | "PUT";

export interface VaultClient {
  /**
   * @returns null for 404.
   * @throws VaultUnavailableError, VaultSealedError, VaultRefusedError
   */
  call(method: Method, path: string, body?: unknown): Promise<VaultAnswer | null>;
  /** Renews the token when it is time: what it made ends with it. */
  keepAlive(): Promise<void>;
  /** `sys/health`, which needs no token. */
  health(): Promise<"active" | "standby" | "sealed" | "uninitialized">;
}

interface Token {
  token: string;
  renewable: boolean;
  /** By our clock; infinite for one that doesn't end. */
  renewAt: number;
  endsAt: number;
}

const timeoutMs = 10_000;
const tries = 3;
const answerBytes = 1024 * 1024;

/** A client of Vault's HTTP protocol that logs in when it has to and keeps its token alive while it is used. */
export function createVaultClient(
  deps: { guard: AddressGuard; now: () => number },
  settings: VaultSettings,
): VaultClient {
  let token: Promise<Token> | undefined;
  let unwrapped: string | undefined;

  async function call(method: Method, path: string, body?: unknown): Promise<VaultAnswer | null> {
    for (let fresh = false; ; fresh = true) {
      const used = await currentToken();
      try {
        return await ask(method, path, { token: used.token, body });
      } catch (error) {
        // The token may have been revoked, or has ended: once more with another.
        if (fresh || !(error instanceof VaultRefusedError && error.status === 403)) throw error;
        token = undefined;
      }
    }
  }

  /** One at a time logs in or renews, whoever asks. */
  async function currentToken(): Promise<Token> {
    const known = await (token ??= keep(login()));
    if (deps.now() < known.renewAt) return known;
    if (token !== undefined && (await token) === known) token = keep(renew(known));
    return token ?? currentToken();
  }
  const keep = (coming: Promise<Token>): Promise<Token> => {
    coming.catch(() => (token = undefined));
    return coming;
  };

  async function login(): Promise<Token> {
    const { auth } = settings;
    switch (auth.kind) {
      case "token": {
        const own = (await auth.token()).trim();
        const answer = await ask("GET", "auth/token/lookup-self", { token: own });
        const { ttl = 0, renewable = false } = (answer?.data ?? {}) as { ttl?: number; renewable?: boolean };
        return tokenOf(own, ttl, renewable);
      }
      case "approle": {
        const secret_id = auth.wrapped ? await unwrap(auth) : (await auth.secretId()).trim();
        return loggedIn(await ask("POST", `auth/${auth.mount}/login`, { body: { role_id: auth.roleId, secret_id } }));
      }
      case "kubernetes": {
        const jwt = (await auth.jwt()).trim();
        return loggedIn(await ask("POST", `auth/${auth.mount}/login`, { body: { role: auth.role, jwt } }));
      }
      default:
        return auth satisfies never;
    }
  }

  /** A wrapping token opens once: if somebody else opened it, this fails and says so. */
  async function unwrap(auth: Extract<VaultAuth, { kind: "approle" }>): Promise<string> {
    if (unwrapped !== undefined) return unwrapped;
    const answer = await ask("POST", "sys/wrapping/unwrap", { token: (await auth.secretId()).trim() });
    const id = answer?.data?.["secret_id"];
    if (typeof id !== "string") throw new VaultRefusedError(200, "sys/wrapping/unwrap", "it holds no secret_id");
    return (unwrapped = id);
  }

  async function renew(former: Token): Promise<Token> {
    if (former.renewable) {
      try {
        return loggedIn(await ask("POST", "auth/token/renew-self", { token: former.token, body: {} }));
      } catch (error) {
        if (error instanceof VaultRefusedError) return login();
        if (deps.now() < former.endsAt) return former;
        throw error;
      }
    }
    return deps.now() < former.endsAt && settings.auth.kind === "token" ? former : login();
  }

  function loggedIn(answer: VaultAnswer | null): Token {
    if (!answer?.auth) throw new VaultUnavailableError("it answered a login with something else");
    return tokenOf(answer.auth.client_token, answer.auth.lease_duration, answer.auth.renewable);
  }
  function tokenOf(text: string, seconds: number, renewable: boolean): Token {
    const lifeMs = seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
    return { token: text, renewable, renewAt: deps.now() + (lifeMs * 2) / 3, endsAt: deps.now() + lifeMs };
  }

  /** Tries again what may pass: too many requests, a node that isn't as far as another (412), a node that is about to go. */
  async function ask(
    method: Method,
    path: string,
    { token: used, body }: { token?: string; body?: unknown },
  ): Promise<VaultAnswer | null> {
    for (let tried = 1; ; tried++) {
      const answer = await send(method, path, used, body);
      const parsed = parse(answer);
      const said = (parsed.errors ?? []).join("; ").slice(0, 300);
      if (answer.status >= 200 && answer.status < 300) return parsed;
      if (answer.status === 404) return null;
      if (answer.status === 503 && /sealed/i.test(said)) throw new VaultSealedError();
      const passing = answer.status === 412 || answer.status === 429 || answer.status >= 500;
      if (!passing) {
        if (answer.status >= 300 && answer.status < 400)
          throw new VaultUnavailableError("it leads elsewhere; name that address");
        throw new VaultRefusedError(answer.status, path, said);
      }
      if (tried === tries) throw new VaultUnavailableError(`status ${answer.status}${said === "" ? "" : `, ${said}`}`);
      await pause(100 * 2 ** tried);
    }
  }

  async function send(method: Method, path: string, used: string | undefined, body: unknown): Promise<OutgoingAnswer> {
    const base = settings.address.replace(/\/+$/, "");
    try {
      return await sendRequest(deps.guard, {
        url: `${base}/v1/${path}`,
        method,
        ca: settings.ca,
        answerBytes,
        headers: {
          accept: "application/json",
          "x-vault-request": "true",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(used === undefined ? {} : { "x-vault-token": used }),
          ...(settings.namespace === undefined ? {} : { "x-vault-namespace": settings.namespace }),
        },
        body: body === undefined ? "" : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      if ((cause as { code?: string }).code === "destination_refused") throw cause;
      throw new VaultUnavailableError((cause as Error).message, { cause });
    }
  }

  return {
    call,
    keepAlive: async () => void (await currentToken()),
    async health() {
      const { status } = await send("GET", "sys/health", undefined, undefined);
      if (status === 200) return "active";
      if (status === 429 || status === 472 || status === 473) return "standby";
      if (status === 501) return "uninitialized";
      if (status === 503) return "sealed";
      throw new VaultUnavailableError(`its health has status ${status}`);
    },
  };
}

function parse({ status, body }: OutgoingAnswer): VaultAnswer {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body) as VaultAnswer;
  } catch {
    // A proxy before it, or more than is read.
    if (status >= 400) return {};
    throw new VaultUnavailableError("it answered with something that isn't JSON");
  }
}
