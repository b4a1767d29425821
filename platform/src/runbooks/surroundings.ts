import type { Surroundings } from "@gantry/sdk/runbook-file";
import type { Catalog } from "../catalog/index.ts";

/** What files of an organization can use of the installation. */
export function installed({ tools, versions }: Catalog): Surroundings {
  return {
    tools: new Set(tools.keys()),
    runbook: (name, version) => versions.get(name)?.find(({ runbook }) => runbook.spec.version === version)?.runbook,
    versions: (name) => (versions.get(name) ?? []).map(({ runbook }) => runbook.spec.version),
  };
}
