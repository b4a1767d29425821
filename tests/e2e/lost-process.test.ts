import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createInstallation,
  eventually,
  historyOf,
  planOf,
  reaches,
  type Installation,
  type PlatformProcess,
} from "../support/installation.ts";
import { append } from "./agent/src/files.ts";
import { echo } from "./agent/src/misbehave.ts";

let gantry: Installation;
const workers: PlatformProcess[] = [];

beforeAll(async () => {
  gantry = await createInstallation();
  await gantry.start("api");
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
});

test("a kill switch set while no worker is alive keeps a run from starting; lifted, the run goes on", async () => {
  const { client } = gantry;
  const { id } = await client.runs.create({ plan: planOf((plan) => void plan.step("look", echo, { value: 1 })) });
  await client.killSwitch.set({ reason: "incident" });
  workers.push(await gantry.start("worker"));

  const halted = await reaches(client, id, "halted");
  expect(halted.waiting).toMatchObject({ on: "kill_switch", detail: "incident" });
  expect(typesOf(await historyOf(client, id))).not.toContain("attempt.started");
  await client.killSwitch.lift();
  const done = await reaches(client, id, "succeeded");
  expect(done.steps[0]?.attempts).toHaveLength(1);
});

test("a worker killed in the middle of a long command is replaced, and the command has its effect once", async () => {
  const { client } = gantry;
  workers.push(await gantry.start("worker"));
  const file = gantry.file("long");
  const plan = planOf((builder) => {
    const long = builder.step("long", append, { file, text: "once", seconds: 5 });
    builder.step("after", echo, { value: long.output.lines });
  });
  const { id } = await client.runs.create({ plan });
  await eventually(() => existsSync(`${file}.begun`));
  const killed = await killOwner(id);

  const done = await reaches(client, id, "succeeded");
  expect(await readFile(file, "utf8")).toBe("once\n");
  expect(await readFile(`${file}.begun`, "utf8")).toBe("begun\n");
  const [long, after] = done.steps;
  // The same attempt went on: it was neither started anew nor in need of inspection.
  expect(long?.attempts.map(({ operation, status }) => [operation, status])).toEqual([
    ["preview", "succeeded"],
    ["run", "succeeded"],
    ["verify", "succeeded"],
  ]);
  expect(long?.attempts[1]?.worker).toBe(killed);
  expect(after?.attempts[0]?.worker).not.toBe(killed);
  expect(after?.output).toEqual({ value: 1 });
});

test("the database killed while runs wait and work is started again, and the runs come to their end", async () => {
  const { client } = gantry;
  const [file, busyFile] = [gantry.file("waiting"), gantry.file("busy")];
  const waits = planOf((builder) => {
    const go = builder.wait("go", { kind: "signal", name: "go" });
    builder.step("append", append, { file, text: "signalled", seconds: 0 }, { after: [go] });
  });
  const works = planOf(
    (builder) => void builder.step("append", append, { file: busyFile, text: "worked", seconds: 2 }),
  );
  const waiting = await client.runs.create({ plan: waits });
  await reaches(client, waiting.id, "waiting");
  const busy = await client.runs.create({ plan: works });
  await eventually(() => existsSync(`${busyFile}.begun`));
  await killPostgres();

  await eventually(() =>
    client.runs.signal(waiting.id, { name: "go" }).then(
      () => true,
      (error: { retryable?: boolean }) => {
        if (error.retryable !== true) throw error;
        return false;
      },
    ),
  );
  await Promise.all([waiting, busy].map(({ id }) => reaches(client, id, "succeeded")));
  expect(await readFile(file, "utf8")).toBe("signalled\n");
  expect(await readFile(busyFile, "utf8")).toBe("worked\n");
});

test("a second server on the data directory is told who has it, and the first one works on", async () => {
  const second = await gantry.start("all");
  expect(second.said.error).toMatchObject({ code: "data_directory_locked" });
  expect(second.said.error?.message).toMatch(/in use by process \d+.*Stop that process, or set GANTRY_DATA_DIR/s);
  expect(await second.ended).toBe(1);
  const { id } = await gantry.client.runs.create({
    plan: planOf((plan) => void plan.step("look", echo, { value: "still here" })),
  });
  await reaches(gantry.client, id, "succeeded");
});

/** SIGKILL for the worker that owns the run's newest attempt; answers its id. */
async function killOwner(run: string): Promise<string> {
  const { steps } = await gantry.client.runs.get(run);
  const owner = steps.flatMap(({ attempts }) => attempts).at(-1)?.worker;
  const { items } = await gantry.client.workers.list();
  const pid = items.find(({ id }) => id === owner)?.pid;
  const worker = workers.find((one) => one.pid === pid);
  if (!worker || owner === undefined) throw new Error(`No worker of this test owns run ${run}.`);
  worker.kill("SIGKILL");
  await worker.ended;
  return owner;
}

async function killPostgres(): Promise<void> {
  const [pid] = (await readFile(join(gantry.dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGKILL");
}

function typesOf(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type);
}
