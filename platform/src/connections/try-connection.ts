import { GantryError, type Connection } from "@gantry/sdk";
import type { ConnectionCheck } from "@gantry/sdk/api";
import { isVaultReference } from "../secrets/index.ts";
import type { Probe, ProbeDeps } from "./probe.ts";
import { tryAddress } from "./try-address.ts";
import { tryHosts } from "./try-hosts.ts";
import { tryCluster, tryRegistry, tryVault } from "./try-service.ts";

/** `stored` says whether a run at the connection's place would find a secret of that name. */
export type TryConnection = (
  connection: Connection,
  stored: (name: string) => Promise<boolean>,
) => Promise<ConnectionCheck[]>;

const timeoutMs = 10_000;

/** Kinds that are known by how they answer; of the others it is seen whether anybody does. */
const probes: Readonly<Record<string, Probe>> = {
  vault: tryVault,
  registry: tryRegistry,
  cluster: tryCluster,
  kubernetes: tryCluster,
  ssh: tryHosts,
  host: tryHosts,
  "host-group": tryHosts,
};

/**
 * Goes where users point, so only through the guard and for a short time, and nothing that is there gets into the answer. No
 * credential goes along: whoever may set a connection up could have any secret sent to a place of their own.
 */
export function createTryConnection({ guard }: Pick<ProbeDeps, "guard">): TryConnection {
  return async (connection, stored) => {
    const { kind, settings, secrets } = connection;
    const uses = Object.entries(secrets);
    const known = await Promise.all(uses.map(([use, name]) => checkSecret(use, name, stored)));
    const allowed = settings["privateAddresses"] === "allow" ? guard.withPrivate() : guard;
    const probe = (Object.hasOwn(probes, kind) ? probes[kind] : undefined) ?? tryAddress;
    try {
      return [...known, ...(await probe({ guard: allowed, signal: AbortSignal.timeout(timeoutMs) }, connection))];
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      return [...known, { what: "reach", outcome: "failed", message: error.message }];
    }
  };
}

async function checkSecret(
  use: string,
  name: string,
  stored: (name: string) => Promise<boolean>,
): Promise<ConnectionCheck> {
  const what = `secret ${use}`;
  if (isVaultReference(name))
    return { what, outcome: "skipped", message: "It is read from Vault when a run needs it." };
  if (await stored(name)) return { what, outcome: "passed", message: `${name} is stored.` };
  return { what, outcome: "failed", message: `There is no secret ${name} here. Store it: gantry secret set ${name}` };
}
