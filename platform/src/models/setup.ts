import { createHash } from "node:crypto";
import { GantryError } from "@gantry/sdk";
import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import { createRedactor, MINIMUM_SECRET_LENGTH, type Redactor } from "../lib/redact.ts";
import { createGuardedFetch, type AddressGuard } from "../outgoing/index.ts";
import {
  isVaultReference,
  resolveSecret,
  secretValues,
  SecretNotFoundError,
  type OrganizationKeys,
} from "../secrets/index.ts";
import type { ConnectionPlace } from "../store/organization/connections.ts";
import { modelConnections, readModelPolicy, type ModelConnectionRow } from "../store/agents/models.ts";
import { inOrganization } from "../store/organization.ts";
import { createHealth, type Health } from "./health.ts";
import { offerOf, type Offer } from "./offers.ts";
import { neededSecrets, openProvider, type Credentials, type OpenModel, type Streaming } from "./providers.ts";
import type { ModelPolicy } from "./route.ts";

/** A connection of kind `model` that can be asked. */
export interface Open extends Offer {
  /** Of the connection as it is set up now. */
  id: string;
  health: Health;
  /** Uses of secrets that it names but that aren't there. */
  missing: readonly string[];
  model(name: string): Promise<Streaming>;
}

/** What calls from one place go by. */
export interface Setup {
  policy: ModelPolicy;
  offers: Open[];
  problems: { connection: string; message: string }[];
  /** Takes the organization's secrets out of what leaves. */
  redactor: Redactor;
}

export interface SetupDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  keys: OrganizationKeys;
  guard: AddressGuard;
  now(): number;
}

/** A change of a connection, a secret or the policy holds after this at the latest. */
const goodMs = 2_000;
const redactorGoodMs = 15_000;

export const defaultPolicy: ModelPolicy = {
  providers: null,
  regions: null,
  prefer: "quality",
  cacheSeconds: 0,
  store: "off",
};

/** Reads what calls from a place go by, and keeps it for a moment; keeps connections to providers for as long as they stay as they are. */
export function createSetups({ pool, keys, guard, now }: SetupDeps): {
  /** `fresh`: whoever looks sees what was set up a moment ago. */
  of(place: ConnectionPlace, fresh?: boolean): Promise<Setup>;
  close(): void;
} {
  const setups = new LRUCache<string, { at: number; setup: Promise<Setup> }>({ max: 1_000 });
  const redactors = new LRUCache<string, { at: number; redactor: Promise<Redactor> }>({ max: 200 });
  const clients = new LRUCache<string, Client>({ max: 500, dispose: (client) => client.close() });
  const healths = new LRUCache<string, Health>({ max: 2_000 });

  const redactorOf = (org: string): Promise<Redactor> => {
    const kept = redactors.get(org);
    if (kept !== undefined && now() - kept.at < redactorGoodMs) return kept.redactor;
    const redactor = inOrganization(pool, org, (tx) => secretValues({ tx, keys }, org)).then((values) =>
      createRedactor(values.filter((value) => Buffer.byteLength(value) >= MINIMUM_SECRET_LENGTH)),
    );
    redactor.catch(() => redactors.delete(org));
    redactors.set(org, { at: now(), redactor });
    return redactor;
  };

  const healthOf = (connection: string): Health => {
    const kept = healths.get(connection) ?? createHealth(now);
    healths.set(connection, kept);
    return kept;
  };

  const open = (row: ModelConnectionRow, offer: Offer, { credentials, missing }: Resolved): Open => {
    const key = JSON.stringify([row.id, row.updatedAt, digestOf(credentials)]);
    const client = clients.get(key) ?? openClient(offer, credentials, guard);
    clients.set(key, client);
    return {
      ...offer,
      id: key,
      health: healthOf(row.id),
      missing: neededSecrets(offer, Object.keys(credentials)).filter(
        (use) => missing.includes(use) || credentials[use] === undefined,
      ),
      model: client.model,
    };
  };

  const load = async (place: ConnectionPlace): Promise<Setup> => {
    const { org } = place;
    await keys.prepare(org);
    const [{ rows, policy, resolved }, redactor] = await Promise.all([
      inOrganization(pool, org, async (tx) => {
        const found = await modelConnections(tx, place);
        const secrets: Resolved[] = [];
        for (const { secrets: names } of found)
          secrets.push(
            await resolve(names, async (name) => (await resolveSecret({ tx, keys }, { ...place, name })).value),
          );
        return { rows: found, policy: await readModelPolicy(tx, org), resolved: secrets };
      }),
      redactorOf(org),
    ]);
    const offers: Open[] = [];
    const problems: Setup["problems"] = [];
    for (const [at, row] of rows.entries()) {
      try {
        offers.push(open(row, offerOf(row), resolved[at] ?? { credentials: {}, missing: [] }));
      } catch (error) {
        if (!(error instanceof GantryError)) throw error;
        problems.push({ connection: row.name, message: error.message });
      }
    }
    return { policy: policy ?? defaultPolicy, offers, problems, redactor };
  };

  return {
    of(place, fresh = false) {
      const key = JSON.stringify([place.org, place.project, place.environment]);
      const kept = setups.get(key);
      if (!fresh && kept !== undefined && now() - kept.at < goodMs) return kept.setup;
      const setup = load(place);
      setup.catch(() => setups.delete(key));
      setups.set(key, { at: now(), setup });
      return setup;
    },
    close: () => clients.clear(),
  };
}

interface Resolved {
  credentials: Credentials;
  missing: string[];
}

/** Secrets in Vault are given to runs under leases; a model's key is stored here. */
async function resolve(
  names: Readonly<Record<string, string>>,
  read: (name: string) => Promise<string>,
): Promise<Resolved> {
  const credentials: Record<string, string> = {};
  const missing: string[] = [];
  for (const [use, name] of Object.entries(names)) {
    try {
      if (isVaultReference(name)) missing.push(use);
      else credentials[use] = await read(name);
    } catch (error) {
      if (!(error instanceof SecretNotFoundError)) throw error;
      missing.push(use);
    }
  }
  return { credentials, missing };
}

function digestOf(credentials: Credentials): string {
  return createHash("sha256").update(JSON.stringify(credentials)).digest("hex");
}

interface Client {
  model(name: string): Promise<Streaming>;
  close(): void;
}

function openClient(offer: Offer, credentials: Credentials, guard: AddressGuard): Client {
  const { fetch, close } = createGuardedFetch(offer.privateAddresses ? guard.withPrivate() : guard, { ca: offer.ca });
  let opened: Promise<OpenModel> | undefined;
  // A model that is opened builds and compiles the schemas of what it is answered: for each call anew that took longer than all the rest.
  const models = new Map<string, Promise<Streaming>>();
  return {
    model: (name) => {
      const kept = models.get(name) ?? (opened ??= openProvider(offer, credentials, fetch)).then((open) => open(name));
      models.set(name, kept);
      return kept;
    },
    close,
  };
}
