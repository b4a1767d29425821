import { makePlan, type Capabilities, type JsonObject, type Plan } from "@gantry/sdk";
import { RunbookVersionMissingError } from "./errors.ts";

/** The plan of a trigger's runbook, in the version that it asks for. @throws GantryError of fault `user` */
export function planForTrigger(
  catalog: Capabilities,
  request: { runbook: string; version: string | null; parameters: JsonObject; environment: string },
): Plan {
  const { runbook, version, parameters, environment } = request;
  const has = catalog.runbooks.get(runbook)?.runbook.spec.version;
  if (version !== null && has !== undefined && has !== version)
    throw new RunbookVersionMissingError(runbook, version, has);
  return makePlan(catalog, { runbook, parameters, environment });
}
