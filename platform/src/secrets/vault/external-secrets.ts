import type { Connection } from "@gantry/sdk";
import type { Pool } from "pg";
import type { Log } from "../../lib/log.ts";
import type { AddressGuard } from "../../outgoing/index.ts";
import { holdLeaseFor, insertLease, removeLease } from "../../store/organization/secret-leases.ts";
import { createVaultClient, type VaultAnswer, type VaultAuth, type VaultClient } from "./client.ts";
import { VaultReferenceInvalidError, VaultRefusedError, VaultSecretNotFoundError } from "./errors.ts";
import { parseVaultReference } from "./reference.ts";

/** Where a secret is read for: connections and their credentials are looked for from there. */
export interface SecretUse {
  org: string;
  project: string;
  environment: string;
  runId: string;
  attemptId: string;
  fence: number;
}
type Place = Pick<SecretUse, "org" | "project" | "environment">;

export interface ExternalSecretsDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  guard: AddressGuard;
  /** @throws ConnectionNotFoundError */
  connection(place: Place, name: string): Promise<Connection>;
  /** A stored secret of that place, for a connection's own credentials. */
  stored(place: Place, name: string): Promise<string>;
  newId(): string;
  now(): number;
  log: Log;
}

export interface ExternalSecrets {
  /**
   * The value behind `<connection>:<mount>/<path>#<field>`, kept nowhere but in memory.
   * @throws VaultReferenceInvalidError, VaultSecretNotFoundError, and the errors of Vault.
   */
  read(use: SecretUse, name: string): Promise<string>;
  /** For whoever looks after leases. */
  clientOf(place: Place, connection: string): Promise<VaultClient>;
  /** Keeps the logins alive that made leases: Vault ends these with them. */
  keepAlive(): Promise<void>;
}

interface Read {
  data: Record<string, unknown>;
  /** By our clock. */
  goodUntil: number;
}

/** Fields of one credential belong together, so steps that follow each other closely get one reading. */
const goodMs = 5_000;
/** A leased credential is shared by the steps of a run for so long. */
const leasedGoodMs = 10 * 60_000;
/** From the last lease that a login made: Vault rarely lets one live longer. */
const keptAliveMs = 32 * 24 * 3_600_000;
const mostReads = 1_000;
const mostClients = 100;

export function createExternalSecrets(deps: ExternalSecretsDeps): ExternalSecrets {
  const clients = new Map<string, VaultClient>();
  const reads = new Map<string, Promise<Read>>();
  /** Those that made a lease, and until when they are kept alive for it. */
  const lenders = new Map<VaultClient, number>();

  async function clientOf(place: Place, name: string): Promise<VaultClient> {
    return openClient(place, await deps.connection(place, name));
  }

  /** One for the same settings and credentials, so that its login and its leases live on between steps. */
  async function openClient(place: Place, connection: Connection): Promise<VaultClient> {
    const { settings, secrets, kind, name } = connection;
    if (kind !== "vault")
      throw new VaultReferenceInvalidError(name, `the connection "${name}" is of kind ${kind}, not vault`);
    const { address } = settings;
    if (address === undefined)
      throw new VaultReferenceInvalidError(name, `the connection "${name}" has no setting "address"`);
    const key = JSON.stringify([place, settings, secrets]);
    const known = clients.get(key);
    if (known !== undefined) return known;
    const guard = settings["privateAddresses"] === "allow" ? deps.guard.withPrivate() : deps.guard;
    const client = createVaultClient(
      { ...deps, guard },
      {
        address,
        namespace: settings["namespace"],
        ca: settings["ca"],
        auth: authOf(connection, (secret) => deps.stored(place, secret)),
      },
    );
    clients.set(key, client);
    evict(clients, mostClients);
    return client;
  }

  async function readPath(use: SecretUse, name: string): Promise<Read> {
    const { connection: connectionName, path } = parseVaultReference(name);
    const connection = await deps.connection(use, connectionName);
    const allowed = connection.settings["paths"]?.split(",").map((one) => one.trim());
    if (allowed !== undefined && !allowed.some((prefix) => prefix !== "" && `${path}/`.startsWith(prefix)))
      throw new VaultReferenceInvalidError(
        name,
        `the connection "${connectionName}" doesn't allow its path (setting "paths")`,
      );
    const client = await openClient(use, connection);
    const mount = await mountOf(client, path);
    const gone = () => new VaultSecretNotFoundError(name, "content");
    if (mount.type === "kv" || mount.type === "generic") {
      const at = mount.version === "2" ? `${mount.path}data/${path.slice(mount.path.length)}` : path;
      const answer = await client.call("GET", encode(at));
      const data = mount.version === "2" ? (answer?.data?.["data"] as VaultAnswer["data"]) : answer?.data;
      if (!data) throw gone();
      return { data, goodUntil: deps.now() + goodMs };
    }
    return lease(use, { client, connection: connectionName, path, gone });
  }

  /** The row comes first, so that whatever happens then somebody can see that there may be a credential too many. */
  async function lease(
    { org, project, environment, runId: run, attemptId: attempt }: SecretUse,
    { client, connection, path, gone }: { client: VaultClient; connection: string; path: string; gone: () => Error },
  ): Promise<Read> {
    const row = { org, id: deps.newId() };
    await insertLease(deps.pool, { ...row, run, attempt, project, environment, connection, path });
    let answer: VaultAnswer | null;
    try {
      answer = await client.call("GET", encode(path));
    } catch (error) {
      if (error instanceof VaultRefusedError) await removeLease(deps.pool, row);
      throw error;
    }
    const { lease_id: id = "", lease_duration: ttlSeconds = 0, renewable = false, data } = answer ?? {};
    if (id === "") await removeLease(deps.pool, row);
    else {
      lenders.set(client, deps.now() + keptAliveMs);
      await holdLeaseFor(deps.pool, { ...row, lease: id, renewable, ttlSeconds });
    }
    if (!data) throw gone();
    const goodFor = id === "" ? goodMs : Math.min(leasedGoodMs, (ttlSeconds * 1_000) / 2);
    return { data, goodUntil: deps.now() + goodFor };
  }

  return {
    clientOf,
    async keepAlive() {
      for (const [client, until] of lenders) {
        if (until < deps.now()) lenders.delete(client);
        else await client.keepAlive();
      }
    },
    async read(use, name) {
      const { connection, path, field } = parseVaultReference(name);
      // A run that was taken over, or is undone after its end, gets credentials of its own.
      const key = JSON.stringify([use.runId, use.fence, connection, path]);
      let known = await reads.get(key);
      if (known === undefined || known.goodUntil < deps.now()) {
        const coming = readPath(use, name);
        reads.set(key, coming);
        coming.catch(() => reads.delete(key));
        evict(reads, mostReads);
        known = await coming;
      }
      const value = Object.hasOwn(known.data, field) ? known.data[field] : undefined;
      if (value === undefined || value === null) throw new VaultSecretNotFoundError(name, "such field");
      return typeof value === "string" ? value : JSON.stringify(value);
    },
  };
}

/** What is mounted there, as the `vault` program asks before it reads. */
async function mountOf(client: VaultClient, path: string): Promise<{ path: string; type: string; version: string }> {
  const answer = await client.call("GET", `sys/internal/ui/mounts/${encode(path)}`);
  const {
    path: mount,
    type,
    options,
  } = (answer?.data ?? {}) as {
    path?: string;
    type?: string;
    options?: { version?: string } | null;
  };
  if (mount === undefined || type === undefined) throw new VaultRefusedError(404, path, "nothing is mounted there");
  return { path: mount, type, version: options?.version ?? "1" };
}

/** By the setting `auth`, else by what credentials there are. */
function authOf({ name, settings, secrets }: Connection, read: (secret: string) => Promise<string>): VaultAuth {
  const kind = settings["auth"] ?? (secrets["token"] === undefined ? "approle" : "token");
  const credential = (what: string): (() => Promise<string>) => {
    const secret = secrets[what];
    if (secret === undefined)
      throw new VaultReferenceInvalidError(name, `the connection "${name}" names no secret "${what}"`);
    return () => read(secret);
  };
  const setting = (what: string): string => {
    const value = settings[what];
    if (value === undefined)
      throw new VaultReferenceInvalidError(name, `the connection "${name}" has no setting "${what}"`);
    return value;
  };
  const mount = settings["authMount"] ?? kind;
  if (kind === "token") return { kind, token: credential("token") };
  if (kind === "approle")
    return { kind, mount, roleId: setting("roleId"), secretId: credential("secretId"), wrapped: false };
  if (kind === "kubernetes") return { kind, mount, role: setting("role"), jwt: credential("jwt") };
  throw new VaultReferenceInvalidError(
    name,
    `the connection "${name}" logs in by "${kind}", which isn't token, approle or kubernetes`,
  );
}

function encode(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function evict(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
