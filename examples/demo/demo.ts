import type { Client } from "@gantry/sdk/client";
import type { Checks } from "./checks.ts";
import type { Gantry, Person } from "./cli.ts";
import type { Ledger } from "./ledger.ts";
import type { Narrator } from "./narrator.ts";
import type { PlatformProcess } from "./platform.ts";
import type { Repository } from "./repository.ts";
import type { Stage } from "./stage.ts";
import type { Traffic } from "./traffic.ts";

/** What the chapters share. */
export interface Demo {
  readonly narrator: Narrator;
  readonly checks: Checks;
  readonly stage: Stage;
  readonly signal: AbortSignal;
  readonly server: PlatformProcess;
  readonly workers: readonly PlatformProcess[];
  /** `gantry`, as somebody. */
  readonly gantry: Gantry;
  /** HTTP, as the requester. */
  readonly client: Client;
  readonly people: { requester: Person; approver: Person };
  readonly repository: Repository;
  /** Where the service's clients reach it. */
  readonly port: number;
  readonly traffic: Traffic;
  readonly ledger: Ledger;
  readonly report: Report;
}

/** Lines of the report, in the order in which they were measured. */
export interface Report {
  add(name: string, measured: string): void;
  readonly lines: readonly { name: string; measured: string }[];
}

export const environment = "staging";
export const service = "greeter";
