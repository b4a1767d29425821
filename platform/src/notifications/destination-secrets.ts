import type { Destination } from "@gantry/sdk/api";
import type { Pool } from "pg";
import { resolveSecretVersions, secretValues, type OrganizationKeys } from "../secrets/index.ts";
import type { DueSubscription } from "../store/organization/delivery-queue.ts";
import { inOrganization } from "../store/organization.ts";

/** For how long after a new signing secret was stored messages carry signatures of both. */
const rotationMs = 24 * 3_600_000;

export interface DestinationSecrets {
  value(name: string): string;
  versions(name: string): readonly string[];
  /** All of the organization, to be kept out of what is sent. */
  all: readonly string[];
}

/**
 * The secrets that a destination names, read in the scope of its subscription.
 * @throws SecretNotFoundError
 */
export async function readDestinationSecrets(
  { pool, keys }: { pool: Pool; keys: OrganizationKeys },
  { org, project, environment, destination }: DueSubscription,
): Promise<DestinationSecrets> {
  return inOrganization(pool, org, async (tx) => {
    const found = new Map<string, string[]>();
    for (const name of namesIn(destination)) {
      const reference = { org, project, environment, name, graceMs: rotationMs };
      found.set(name, await resolveSecretVersions({ tx, keys }, reference));
    }
    const versions = (name: string): string[] => found.get(name) ?? [];
    return {
      value: (name) => versions(name)[0] ?? "",
      versions,
      all: [...(await secretValues({ tx, keys }, org)), ...[...found.values()].flat()],
    };
  });
}

function namesIn(destination: Destination): string[] {
  return Object.values(destination).flatMap((value) =>
    typeof value === "object" && "$secret" in value ? [value.$secret] : [],
  );
}
