import type { Operation, ToolStep } from "@gantry/sdk";
import type { Gate, MadeDecision, RunState, StepState, Surroundings } from "@gantry/sdk/core";
import { storableKey } from "../store/journal/slots.ts";
import type { DatabaseClock } from "./database-clock.ts";
import { isInUse } from "./held-slots.ts";
import type { LimitCover } from "./limit-cover.ts";
import type { OwnedRun } from "./owned-run.ts";
import { permitKey, type WantedPermit } from "./permits.ts";
import { signDecision } from "./decision-records.ts";
import type { DecisionSigner, WorkerConfig, WorkerDeps } from "./ports.ts";

export type Halt = Surroundings["halt"];
export type Freeze = Surroundings["freeze"];

export interface SurroundingsDeps extends Pick<WorkerDeps, "newId" | "random"> {
  config: Pick<WorkerConfig, "host" | "approvalMs">;
  clock: DatabaseClock;
  fingerprint(tool: string): string;
  haltOf(org: string): Halt;
  freezeOf(run: OwnedRun["stored"]): Freeze;
  limits(): LimitCover;
  /** Null before the first decision of a person came. */
  signingKey(): Awaited<ReturnType<DecisionSigner["current"]>> | null;
}

/** What the core is told of the world around a run, of one run after the other. */
export function createSurroundings(deps: SurroundingsDeps): Surroundings & {
  enter(run: OwnedRun, capacity: number): void;
  /** The permits that the decision would have needed. */
  leave(): WantedPermit[];
} {
  const { clock, config } = deps;
  let run: OwnedRun | null = null;
  let usedKeys: Set<string> | null = null;
  let wanted: WantedPermit[] = [];
  const around = {
    now: 0,
    worker: "",
    host: config.host,
    random: deps.random,
    newId: deps.newId,
    fingerprint: deps.fingerprint,
    assess: (facts: Parameters<Surroundings["assess"]>[0]) => (run as OwnedRun).policy.assess(facts),
    basis: "",
    halt: null as Halt,
    freeze: null as Freeze,
    capacity: 0,
    // A slot serves one step at a time, also among the steps of one run.
    holdsSlot: (raw: string) => {
      const key = storableKey(raw);
      const step = run?.slots.get(key);
      if (!run || step === undefined || usedKeys?.has(key) || isInUse(run, key, step)) return false;
      (usedKeys ??= new Set()).add(key);
      return true;
    },
    permit: (of: StepState, operation: Operation): "free" | { id: string } | null => {
      const owned = run as OwnedRun;
      const { stored, grants, limited, asking, state } = owned;
      const limits = deps.limits();
      if (grants.size === 0 && limits.isFree(stored.org)) return "free";
      const key = permitKey(of.key, operation);
      const id = grants.get(key);
      if (id !== undefined) {
        grants.delete(key);
        owned.permits.add(id);
        return { id };
      }
      const { agent, tool } = of.step as ToolStep;
      const { connections = [] } = state.graph.tools.get(tool) ?? {};
      const { org, project, environment } = stored;
      const cover = limits.of({ run: owned.id, org, project, environment, operation, agent, tool, connections });
      if (cover === null) return "free";
      const until = limited.get(key);
      const waits = until === null || (until !== undefined && until > around.now);
      // No more than could start, or what others could use would be set aside for nothing.
      if (waits || asking.has(key) || asking.size + wanted.length >= around.capacity) return null;
      if (!wanted.some((one) => one.key === key)) wanted.push({ key, step: of.key, operation, cover });
      return null;
    },
    approvalMs: config.approvalMs,
    escalation: null as OwnedRun["stored"]["escalation"],
    sign: (state: RunState, gate: Gate, decision: MadeDecision) => {
      const key = deps.signingKey();
      if (key === null) throw new Error(`Run ${state.id} was decided on before there was a key to sign that with.`);
      return signDecision(key, (run as OwnedRun).stored, { state, gate, decision });
    },
    leave: () => {
      const all = wanted;
      wanted = [];
      return all;
    },
    enter: (next: OwnedRun, capacity: number) => {
      run = next;
      usedKeys = null;
      around.now = clock.now();
      around.worker = next.session;
      around.basis = next.policy.basis;
      around.halt = deps.haltOf(next.stored.org);
      around.freeze = deps.freezeOf(next.stored);
      around.capacity = capacity;
      around.escalation = next.stored.escalation;
    },
  };
  return around;
}
