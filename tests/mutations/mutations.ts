/** One protection that is broken on purpose, and the tests that must notice. */
export interface Mutation {
  name: string;
  file: string;
  /** Must be there exactly once: when the code changes, so must this. */
  anchor: string;
  replacement: string;
  /** Test files, and a part of the titles of the tests that must turn red where the file has many. */
  tests: readonly string[];
  title?: string;
}

const engine = "tests/integration/engine";

export const mutations: readonly Mutation[] = [
  {
    name: "fencing: a flush asks neither for the owner nor for the fence",
    file: "platform/src/store/journal/flush.ts",
    anchor: "r.owner IS NOT DISTINCT FROM $3::uuid AND r.fence = i.fence AND r.seq = i.seq_from",
    replacement: "($3::uuid IS NULL OR true) AND r.seq = i.seq_from",
    tests: [`${engine}/flush.test.ts`],
    title: "zombie",
  },
  {
    name: "approval in the core: a change that needs approvals starts without them",
    file: "sdk/src/core/gate.ts",
    anchor: 'if (decision.result === "allow") emit(m, "change_set.approved", { hash });',
    replacement: 'if (decision.result !== "deny") emit(m, "change_set.approved", { hash });',
    tests: ["sdk/src/core/covered.test.ts"],
  },
  {
    name: "approval in the core: nothing is compared with what was approved",
    file: "sdk/src/core/schedule.ts",
    anchor: "const why = whyNotCovered(m, gate, of);",
    replacement: "const why = whyNotCovered(m, gate, of) && null;",
    tests: ["sdk/src/core/covered.test.ts"],
  },
  {
    name: "approval in the statement: the flush that starts an attempt asks nobody",
    file: "platform/src/store/journal/flush.ts",
    anchor: "WHERE ${guard} AND ${gates}",
    replacement: "WHERE ${guard} AND (true OR ${gates})",
    tests: [`${engine}/flush.test.ts`, `${engine}/approval.test.ts`],
  },
  {
    name: "dry run in the core: an attempt that may change something is made",
    file: "sdk/src/core/machine.ts",
    anchor: "if (m.state.dryRun && mayChange(m.state, of, operation))",
    replacement: "if (m.state.dryRun && m.state.seq < 0)",
    tests: ["sdk/src/core/dry-run.test.ts"],
  },
  {
    name: "dry run in the statement: the flush writes the start of any attempt",
    file: "platform/src/store/journal/flush.ts",
    anchor: "AND (i.starts < 3 OR NOT r.dry_run)",
    replacement: "AND (i.starts < 3 OR NOT (r.dry_run AND false))",
    tests: [`${engine}/flush.test.ts`],
    title: "dry run",
  },
  {
    name: "fork: a step is taken over although it was undone",
    file: "sdk/src/core/fork.ts",
    anchor: "if (undone) throw new ForkStepUndoneError(source.id, undone.key);",
    replacement: "if (undone && source.seq < 0) throw new ForkStepUndoneError(source.id, undone.key);",
    tests: ["sdk/src/core/fork.test.ts"],
  },
  {
    name: "fork: a plan from outside claims what other runs came to",
    file: "sdk/src/make-plan.ts",
    anchor: "if (plan.facts !== undefined)",
    replacement: "if (plan.facts !== undefined && plan.format !== 1)",
    tests: ["sdk/src/core/fork.test.ts"],
  },
  {
    name: "health gate: every probe passes",
    file: "agents/deployment/src/traffic/health.ts",
    anchor: "const probe = await probeOnce(version, health, deps.signal);",
    replacement: "const probe = { ...(await probeOnce(version, health, deps.signal)), passed: true };",
    tests: ["agents/deployment/src/deploy.test.ts", "agents/deployment/src/runbooks.test.ts"],
    title: "health",
  },
  {
    name: "commit before effect: an attempt starts before its announcement is committed",
    file: "platform/src/engine/run-host.ts",
    anchor: "const write = decideAll(run, inputs);",
    replacement: "const write = decideAll(run, inputs); if (write) react(run, write);",
    tests: [`${engine}/commit-before-effect.test.ts`],
  },
  {
    name: "commands: one that was handled is forgotten while a look at the inbox may still bring it",
    file: "platform/src/engine/worker.ts",
    anchor: "run.messages.has(id)) return;",
    replacement: "(run.messages.has(id) && !run.handled.includes(id))) return;",
    tests: [`${engine}/approval.test.ts`],
    title: "read once more",
  },
  {
    name: "taking over: whoever had an attempt before may begin its commands when it is over",
    file: "platform/src/runner/runner.ts",
    anchor: "if (takenOver.delete(attemptId)) await given.exec.settle(attemptId);",
    replacement: "takenOver.delete(attemptId);",
    tests: ["tests/integration/exec/taken-over.test.ts"],
  },
];
