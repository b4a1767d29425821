import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { crashPoints } from "../../../platform/src/lib/crash-points.ts";
import { compiledProgram } from "../../support/compiled.ts";
import { startTestEngine } from "../../support/engine.ts";
import { ledgerTools } from "../../support/ledger.ts";
import type { WorkerProcessOptions } from "../../support/worker-process.ts";

const script = path.resolve(import.meta.dirname, "../../support/worker-process.ts");

/** Points that are passed only when there is something to take over. */
const takeovers = new Set<string>(["before-takeover", "after-takeover"]);

test.each(crashPoints)("a worker killed at %s loses nothing, and nothing is done twice", async (point) => {
  const directory = await mkdtemp(path.join(tmpdir(), "gantry-crash-"));
  const ledger = path.join(directory, "ledger");
  await using engine = await startTestEngine({ tools: ledgerTools(ledger) });
  // With a limit in force every attempt with the tool needs a permit first.
  await engine.admin.query(
    "INSERT INTO limits (org, id, kind, tool, amount, actor) VALUES ($1, gen_random_uuid(), 'concurrency', 'ledger.write', 2, 'test')",
    [engine.organization.org],
  );
  const inner = engine.plan([{ id: "inner", tool: "ledger.write" }]);
  const kill = async (crashAt: string): Promise<void> => {
    const options: WorkerProcessOptions = {
      config: { databaseUrl: engine.database.engineUrl, leaseMs: 1_000, pollMs: 200, crashAt },
      ledger,
      child: inner,
    };
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      env: { ...process.env, ...compiledProgram },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    // A point that is never passed must fail the test, not outlive it.
    const overdue = setTimeout(() => child.kill("SIGTERM"), 250_000);
    expect(await ended).toBe("SIGKILL");
    clearTimeout(overdue);
  };
  const plan = engine.plan([
    { id: "first", tool: "ledger.write" },
    { id: "read", tool: "ledger.read", input: { $ref: ["first", "wrote"] } },
    { id: "go", kind: "wait", after: ["read"], for: { kind: "signal", name: "go" } },
    { id: "child", kind: "run", after: ["go"], runbook: "test.inner", parameters: {} },
    { id: "last", tool: "ledger.write", after: ["child"], input: { $ref: ["child", "inner", "wrote"] } },
  ]);
  const runs = await Promise.all(Array.from({ length: 3 }, () => engine.submit(plan)));
  for (const run of runs) await engine.send(run, { kind: "signal", name: "go", payload: null });

  if (takeovers.has(point)) await kill("after-effect-before-record");
  await kill(point);
  await engine.startWorker({
    config: { host: "test-host", leaseMs: 1_000, pollMs: 200 },
    planSubRun: async () => () => inner,
  });
  for (const run of runs) await engine.reaches(run, "succeeded");
  const { rows } = await engine.admin.query("SELECT id, parent, status FROM runs");
  expect(rows.map((row) => row.status as string)).toEqual(Array(6).fill("succeeded"));
  const expected = rows.flatMap((row) =>
    row.parent === null ? [`${row.id} first`, `${row.id} last`] : [`${row.id} inner`],
  );
  const held = "SELECT 1 FROM limit_counters WHERE held <> 0 UNION ALL SELECT 1 FROM permits";
  await engine.until(async () => (await engine.admin.query(held)).rowCount === 0);
  const effects = (await readFile(ledger, "utf8")).split("\n").filter(Boolean);
  expect(effects.toSorted()).toEqual(expected.toSorted());
  await rm(directory, { recursive: true });
});
