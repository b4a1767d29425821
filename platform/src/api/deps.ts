import type {
  BlobsMoved,
  BlobsView,
  ConfigurationView,
  DatabaseView,
  OnboardingView,
  QuotaKind,
} from "@gantry/sdk/api";
import type { SinkStats } from "@gantry/sdk/event-bus";
import type { Pool } from "pg";
import type { TryConnection } from "../connections/index.ts";
import type { SignIn } from "../auth/index.ts";
import type { BlobStore } from "../blobs/index.ts";
import type { Catalog, MoreTools } from "../catalog/index.ts";
import type { Assess } from "../policy/index.ts";
import type { Log } from "../lib/log.ts";
import type { Readers } from "../live-answers/index.ts";
import type { LookAtMcp, McpSignIns } from "../mcp/index.ts";
import type { Models } from "../models/index.ts";
import type { RateLimiter } from "../rate-limits/index.ts";
import type { FindRunbook } from "../runbooks/index.ts";
import type { Encryption, Keyring, OrganizationKeys } from "../secrets/index.ts";
import type { Signer } from "../signing/index.ts";
import type { Queryable } from "../store/queryable.ts";
import type { FireDeps } from "../triggers/index.ts";

export interface CertificatePem {
  cert: string;
  key: string;
}

/** With which the API speaks TLS by itself. */
export interface Certificate {
  pem(): CertificatePem;
  /** Returns how to stop that. */
  onChange(listener: (pem: CertificatePem) => void): () => void;
}

/** How much of a connection anybody gets before it is known who that is. */
export interface ConnectionLimits {
  /** Of one address (IPv6: its /64) at a time; trusted proxies have no such limit. */
  perAddress: number;
  /** Of all headers and the address in front of them, in bytes. */
  headerBytes: number;
  /** How long headers, and then the whole request, may take to come in. */
  headersMs: number;
  requestMs: number;
  /** How long a connection may stay without a request. */
  idleMs: number;
}

export interface ApiDeps {
  /** Of role gantry_api: row-level security limits every transaction to one organization. */
  pool: Pool;
  /** What this installation can do. */
  catalog: Catalog;
  findRunbook: FindRunbook;
  assess: Assess;
  tryConnection: TryConnection;
  /** Asks the models that organizations connected. */
  models: Models;
  lookAtMcp: LookAtMcp;
  /** People who sign in to servers of the Model Context Protocol. */
  mcpSignIns: McpSignIns;
  /** What organizations approved of servers of the Model Context Protocol. */
  mcpTools(db: Queryable, org: string): Promise<MoreTools>;
  /** What triggers are fired with. */
  triggers: Pick<FireDeps, "makePlan" | "evaluate" | "mayStart">;
  keyring: Keyring;
  keys: OrganizationKeys;
  encryption: Encryption;
  signer: Signer;
  limiter: RateLimiter;
  /** Null: it speaks plain HTTP, to this machine or to a proxy. */
  certificate: Certificate | null;
  signIn: SignIn;
  /** Of role gantry_auth: people and their sessions. */
  authPool: Pool;
  blobs: BlobStore;
  /** Where they are kept, of this process. */
  blobPlace: BlobPlace;
  /** A fresh look at the server: its settings may change while we run. */
  inspectDatabase(): Promise<DatabaseView>;
  /** Of this process. */
  configuration: ConfigurationView;
  /** Called after a commit that gave workers something to do. */
  wakeWorkers(): void;
  /** Calls `listener` when events may have been written; returns how to stop that. A poll makes up for what it misses. */
  onEvents(listener: () => void): () => void;
  /** Who reads answers of models while they come. */
  readers: Pick<Readers, "follow">;
  /** A change to try that runs on this host as it is; null: there is none. */
  findExample(): Promise<Example | null>;
  /** Of this process's sinks of events, for metrics. */
  sinkStats?(): SinkStats[];
  /** Unix milliseconds. */
  now(): number;
  /** UUIDs that sort by time (version 7). */
  newId(): string;
  log: Log;
  config: ApiConfig;
}

export type Example = Pick<NonNullable<OnboardingView["example"]>, "runbook" | "parameters">;

export interface BlobPlace {
  /** Tries the bucket out, where there is one. */
  inspect(): Promise<BlobsView>;
  /** Moves contents to where they are written now, for some seconds. */
  move(): Promise<BlobsMoved>;
  /** @throws GantryError where there is no bucket, or it refuses. */
  setLifecycle(): Promise<BlobsView>;
}

export interface ApiConfig {
  /** Of Gantry, shown in OpenAPI. */
  version: string;
  /** Host names (without port) that requests may be addressed to; `any` where something before us checks that. */
  allowedHosts: readonly string[] | "any";
  /** Origins of pages that may call the API from a browser, exactly as browsers send them. */
  corsOrigins: readonly string[];
  /** Addresses and ranges whose `X-Forwarded-…` headers are believed. */
  trustedProxies: readonly string[];
  connections: ConnectionLimits;
  bodyLimitBytes: number;
  /** Of one credential. */
  requestsPerMinute: number;
  /** Of one address, without a credential; and as many with wrong ones. */
  addressRequestsPerMinute: number;
  /** Of one address: passwords, codes, forms of sign-in. */
  signInsPerMinute: number;
  /** Days that a key is good for at most. */
  apiKeyDays: number;
  /** What an organization begins with. */
  firstQuotas: Partial<Record<QuotaKind, number>>;
  /** Runs of one organization that may wait to start. */
  queueLimit: number;
  /** What ends up in the archive where an organization set nothing. `keepDays` null: nothing does. */
  retention: { keepDays: number | null; undoDays: number };
  /** How this installation backs itself up; null: it doesn't. */
  backups: { folder: string; everyHours: number; keep: number; keepDays: number } | null;
  /** How long a command waits for the run's owner. */
  verdictMs: number;
  heartbeatMs: number;
  /** How long requests may take to finish once the server closes. */
  closeGraceMs: number;
  /** Between two looks for events where no notification came. */
  pollMs: number;
  /** Bytes that may wait for a slow reader of a stream, and how long it has to take them. */
  slowReader: { bytes: number; ms: number };
}

/** What suits a server on one machine, reachable from that machine only. */
export const defaultApiConfig: Omit<ApiConfig, "version"> = {
  allowedHosts: ["localhost", "127.0.0.1", "[::1]"],
  corsOrigins: [],
  trustedProxies: [],
  connections: {
    perAddress: 1_000,
    headerBytes: 16 * 1024,
    headersMs: 15_000,
    requestMs: 60_000,
    idleMs: 75_000,
  },
  bodyLimitBytes: 1024 * 1024,
  requestsPerMinute: 60_000,
  addressRequestsPerMinute: 600,
  signInsPerMinute: 60,
  apiKeyDays: 365,
  firstQuotas: {},
  queueLimit: 20_000,
  retention: { keepDays: null, undoDays: 30 },
  backups: null,
  verdictMs: 3_000,
  heartbeatMs: 15_000,
  closeGraceMs: 10_000,
  pollMs: 1_000,
  slowReader: { bytes: 1024 * 1024, ms: 30_000 },
};
