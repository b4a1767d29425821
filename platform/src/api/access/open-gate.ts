import type { Digest } from "@gantry/sdk";
import type { Queryable } from "../../store/organization.ts";
import { foldRun, type FoldedRun } from "../../store/journal/run-history.ts";
import { ChangeSetStaleError, DryRunError, NotFoundError } from "../errors.ts";

/** @throws NotFoundError */
export async function requireRun(db: Queryable, run: string): Promise<FoldedRun> {
  const folded = await foldRun(db, run);
  if (folded === null) throw new NotFoundError();
  return folded;
}

type Gates = FoldedRun["state"]["gates"];

/** @throws DryRunError, ChangeSetStaleError */
export function requireOpen({ gates, dryRun, id }: FoldedRun["state"], hash: Digest) {
  if (dryRun) throw new DryRunError(id);
  const gate = gates.get(hash);
  if (gate?.status !== "open") throw new ChangeSetStaleError(hash, gate?.status ?? null, openHash(gates));
  return gate;
}

export function openHash(gates: Gates): Digest | null {
  return [...gates.values()].find((one) => one.status === "open")?.hash ?? null;
}
