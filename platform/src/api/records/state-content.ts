import { stateBinding, type OrganizationKeys } from "../../secrets/index.ts";
import type { Queryable } from "../../store/organization.ts";
import { appendVersion, type NewStateVersion, type StateVersionRow } from "../../store/records/terraform-states.ts";

/** States hold passwords and keys, so they are encrypted, each version bound to its place. */
export async function storeVersion(
  deps: { keys: OrganizationKeys },
  db: Queryable,
  one: Omit<NewStateVersion, "sealed" | "bytes" | "serial" | "lineage"> & { content: Buffer | null },
): Promise<StateVersionRow> {
  const { content, ...rest } = one;
  const sealed = content === null ? null : await deps.keys.seal(stateBinding(one), content);
  return appendVersion(db, { ...rest, sealed, bytes: content?.length ?? 0, ...factsOf(content) });
}

/** @throws CiphertextRejectedError when it was altered or belongs elsewhere. */
export async function openVersion(
  deps: { keys: OrganizationKeys },
  at: { org: string; state: string; version: number },
  sealed: Buffer,
): Promise<Buffer> {
  return deps.keys.open(stateBinding(at), sealed);
}

/** What Terraform counts and names its states by; null where the content isn't a state as we know it. */
function factsOf(content: Buffer | null): { serial: number | null; lineage: string | null } {
  const state = content === null ? null : parseState(content);
  return { serial: state?.serial ?? null, lineage: state?.lineage ?? null };
}

/** Null for what isn't a Terraform state. */
export function parseState(content: Buffer): { serial: number; lineage: string } | null {
  try {
    const { serial, lineage } = JSON.parse(content.toString("utf8")) as { serial?: unknown; lineage?: unknown };
    return Number.isSafeInteger(serial) && typeof lineage === "string" ? { serial: serial as number, lineage } : null;
  } catch {
    return null;
  }
}
