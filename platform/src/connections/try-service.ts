import { addressOf, ask, noAddress } from "./ask.ts";
import type { Probe } from "./probe.ts";

/** HashiCorp Vault tells everybody how it is by the status of one path. */
export const tryVault: Probe = probeOf("v1/sys/health?standbyok=true&perfstandbyok=true", {
  200: "Vault answers and is unsealed.",
  472: "Vault answers; it stands by for disaster recovery.",
});

/** An OCI registry answers with 200 or, to whom it doesn't know, with 401. */
export const tryRegistry: Probe = probeOf("v2/", {
  200: "A registry answers.",
  401: "A registry answers, and wants credentials.",
});

/** So does the API of a Kubernetes cluster; some keep even their version to themselves. */
export const tryCluster: Probe = probeOf("version", {
  200: "The cluster's API answers.",
  401: "An API answers, and wants credentials.",
  403: "An API answers, and wants other credentials.",
});

function probeOf(path: string, good: Readonly<Record<number, string>>): Probe {
  return async (deps, connection) => {
    const address = addressOf(connection);
    if (address === null) return [noAddress];
    const status = await ask(deps, connection, `${address.replace(/\/+$/, "")}/${path}`);
    const message = good[status];
    if (message !== undefined) return [{ what: "reach", outcome: "passed", message }];
    return [{ what: "reach", outcome: "failed", message: `What answers there isn't in order: status ${status}.` }];
  };
}
