import type { ToolContext } from "@gantry/sdk";
import { z } from "zod";
import { SavedPlan } from "./schemas.ts";
import { openState } from "./state.ts";

/**
 * Which configuration is in force in a state, and which was before: what undo needs, and what Terraform's own state doesn't
 * hold. It lies beside the state in the same backend, as a state of its own without resources, so it is versioned,
 * encrypted and backed up like the state itself.
 */
const Record = z.object({
  /** The last apply that began. */
  applied: SavedPlan.nullable(),
  /** Whether that apply ended well. */
  settled: z.boolean(),
  /** The last apply before it that ended well; null when there was none, or it destroyed everything. */
  before: SavedPlan.nullable(),
  /** Killed while it applied: objects may exist that the state doesn't know. */
  interrupted: z.boolean(),
  /** Plan digests of the last applies that began. */
  begun: z.array(z.string()),
});
export type Record = z.infer<typeof Record>;

const empty: Record = { applied: null, settled: true, before: null, interrupted: false, begun: [] };
const remembered = 50;

export interface RecordStore {
  read(): Promise<Record>;
  /** Before the first effect. Saying it again changes nothing. */
  begin(plan: SavedPlan): Promise<void>;
  settle(plan: SavedPlan): Promise<void>;
  interrupt(plan: SavedPlan): Promise<void>;
  /** The plan was undone: what was in force before it is again. */
  undone(plan: SavedPlan): Promise<void>;
}

export async function openRecord(ctx: ToolContext, state: string): Promise<RecordStore> {
  const backend = await openState(ctx, `${state}--configuration`);
  const load = async (): Promise<{ record: Record; serial: number }> => {
    const kept = await backend.read();
    const text = kept?.outputs["record"]?.value;
    return {
      record: typeof text === "string" ? Record.parse(JSON.parse(text)) : empty,
      serial: kept?.serial ?? 0,
    };
  };
  const update = async (plan: SavedPlan, change: (record: Record) => Record): Promise<void> => {
    const { record, serial } = await load();
    const next = change(record);
    if (next === record) return;
    await backend.write({
      version: 4,
      terraform_version: plan.version,
      serial: serial + 1,
      lineage: `gantry-configuration-of-${state}`,
      outputs: { record: { value: JSON.stringify(next), type: "string" } },
      resources: [],
      check_results: null,
    });
  };
  const ifCurrent =
    (plan: SavedPlan, change: Partial<Record>) =>
    (record: Record): Record =>
      record.applied?.digest === plan.digest ? { ...record, ...change } : record;
  return {
    read: async () => (await load()).record,
    begin: (plan) =>
      update(plan, (record) => {
        if (record.applied?.digest === plan.digest) return record;
        const inForce = record.settled ? record.applied : record.before;
        return {
          applied: plan,
          settled: false,
          before: inForce?.destroy ? null : inForce,
          interrupted: false,
          begun: [plan.digest, ...record.begun].slice(0, remembered),
        };
      }),
    settle: (plan) => update(plan, ifCurrent(plan, { settled: true })),
    interrupt: (plan) => update(plan, ifCurrent(plan, { interrupted: true })),
    undone: (plan) =>
      update(plan, (record) =>
        record.applied?.digest === plan.digest
          ? { ...record, applied: record.before, settled: true, before: null, interrupted: false }
          : record,
      ),
  };
}
