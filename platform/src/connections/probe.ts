import type { Connection } from "@gantry/sdk";
import type { ConnectionCheck } from "@gantry/sdk/api";
import type { AddressGuard } from "../outgoing/index.ts";

/** What a probe may use. */
export interface ProbeDeps {
  guard: AddressGuard;
  signal: AbortSignal;
}

export type Probe = (deps: ProbeDeps, connection: Connection) => Promise<ConnectionCheck[]>;
