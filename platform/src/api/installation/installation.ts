import { api, type InstallationView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { readLeaseNumbers } from "../../store/organization/secret-leases.ts";
import type { ApiDeps } from "../deps.ts";
import { route, type Call } from "../http/route.ts";

/** How the installation stands with others that it relies on. */
export function installationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.installation.get, ({ tx }) => installationView(deps, tx));
}

export async function installationView(
  { signIn }: ApiDeps,
  tx: Call<typeof api.installation.get>["tx"],
): Promise<InstallationView> {
  // Not within the transaction: the list may take its time.
  const breachList = await signIn.inspectBreachList();
  return { breachList, secretLeases: await tx(readLeaseNumbers) };
}
