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
    file: "platform/src/store/flush.ts",
    anchor: "r.id = i.id AND r.owner = $3::uuid AND r.fence = i.fence AND r.seq = i.seq_from",
    replacement: "r.id = i.id AND ($3::uuid IS NULL OR true) AND r.seq = i.seq_from",
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
    file: "platform/src/store/flush.ts",
    anchor: "WHERE ${guard} AND ${gates}",
    replacement: "WHERE ${guard} AND (true OR ${gates})",
    tests: [`${engine}/flush.test.ts`, `${engine}/approval.test.ts`],
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
];
