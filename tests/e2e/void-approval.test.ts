import { appendFile, chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan, RunEvent } from "@gantry/sdk";
import type { ChangeSetView } from "@gantry/sdk/api";
import {
  agentFolder,
  createInstallation,
  eventually,
  historyOf,
  planOf,
  reaches,
  type Installation,
  type Person,
  type PlatformProcess,
} from "../support/installation.ts";
import { append, follow } from "./agent/src/files.ts";
import { useProgram } from "./agent/src/misbehave.ts";

let gantry: Installation;
let approver: Person;
let worker: PlatformProcess;
/** A copy of the agent's package, which a test may change. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-e2e-agent-"));
  await cp(agentFolder, join(folder, "agent"), { recursive: true });
  await symlink(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  const agents = pathToFileURL(join(folder, "agent/src/index.ts")).href;
  gantry = await createInstallation({ GANTRY_AGENTS: agents });
  await gantry.start("api");
  worker = await gantry.start("worker");
  approver = await gantry.person("approver");
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("an approval is void when the tool's package changed before the change began", async () => {
  const file = gantry.file("package");
  const { run, hash } = await waiting(
    staging((plan) => void plan.step("append", append, { file, text: "x", seconds: 0 })),
  );
  await worker.stop();
  expect(await approver.client.runs.approve(run, { hash })).toMatchObject({ status: "accepted" });
  await appendFile(join(folder, "agent/src/files.ts"), "// Another version of the tool.\n");
  worker = await gantry.start("worker");

  const again = await askedAgain(run, hash);
  expect(again.reason).toBe("The tool e2e.append (or a program it uses) is not the one that was previewed.");
  await expectOnlyNewApprovalCounts(run, hash, again.open);
  expect(await readFile(file, "utf8")).toBe("x\n");
});

test("an approval is void when the preview has another content by the time of the approval", async () => {
  const [source, file] = [gantry.file("source"), gantry.file("copy")];
  await writeFile(source, "as shown");
  const { run, hash } = await waiting(staging((plan) => void plan.step("follow", follow, { source, file })));
  await writeFile(source, "as edited");
  await approver.client.runs.approve(run, { hash });

  const again = await askedAgain(run, hash);
  expect(again.reason).toBe("The preview of step follow is not the one that was approved.");
  expect(again.open.changeSet.entries[0]?.preview?.diff).toBe("as edited");
  await expectOnlyNewApprovalCounts(run, hash, again.open);
  expect(await readFile(file, "utf8")).toBe("as edited");
});

test("an approval is void when a program that the tool uses was replaced", async () => {
  await installProgram("2.0.0");
  const { run, hash } = await waiting(staging((plan) => void plan.step("use", useProgram, {})));
  await installProgram("2.0.1");
  await approver.client.runs.approve(run, { hash });

  const again = await askedAgain(run, hash);
  expect(again.reason).toContain("a program it uses");
  await expectOnlyNewApprovalCounts(run, hash, again.open);
  expect((await gantry.client.runs.get(run)).steps[0]?.output).toEqual({ said: "e2e-program 2.0.1\n" });
});

test("an approval that waited too long for its change to begin is void; one never given ends the run", async () => {
  const { client } = gantry;
  await client.environments.create({ name: "hurried", protection: "guarded", pool: "hurried" });
  await gantry.start("worker", { GANTRY_POOL: "hurried", GANTRY_APPROVAL_SECONDS: "6" });
  const file = gantry.file("expired");
  const plan = planOf((builder) => void builder.step("append", append, { file, text: "late", seconds: 0 }), {
    environment: "hurried",
  });
  const [{ run, hash, expiresAt }, forgotten] = await Promise.all([waiting(plan), waiting(plan)]);
  await client.killSwitch.set({ reason: "hold everything" });
  await approver.client.runs.approve(run, { hash });
  await eventually(() => Date.now() > Date.parse(expiresAt ?? ""));
  await client.killSwitch.lift();

  const again = await askedAgain(run, hash);
  expect(again.reason).toBe("The approval expired before the first change.");
  await expectOnlyNewApprovalCounts(run, hash, again.open);

  const ended = await reaches(client, forgotten.run, "rejected");
  expect(ended.error?.code).toBe("approval_expired");
  expect(await readFile(file, "utf8")).toBe("late\n");
});

function staging(add: Parameters<typeof planOf>[0]): Plan {
  return planOf(add, { environment: "staging" });
}

async function waiting(plan: Plan): Promise<{ run: string; hash: ChangeSetView["hash"]; expiresAt: string | null }> {
  const { id } = await gantry.client.runs.create({ plan });
  await reaches(gantry.client, id, "waiting_for_approval");
  const { hash, expiresAt } = await gantry.client.runs.changeSet(id);
  return { run: id, hash, expiresAt };
}

/** Waits until the run asks for another approval; answers why the one it had is void. */
async function askedAgain(run: string, hash: string): Promise<{ reason: string; open: ChangeSetView }> {
  const detail = await reaches(gantry.client, run, ({ changeSets }) =>
    changeSets.some((one) => one.hash !== hash && one.status === "open"),
  );
  const isVoided = (event: RunEvent): event is RunEvent<"change_set.voided"> => event.type === "change_set.voided";
  const voided = (await historyOf(gantry.client, run)).find(isVoided);
  expect(voided?.data.hash).toBe(hash);
  expect(detail.changeSets[0]).toMatchObject({ hash, status: "voided", begun: false });
  return { reason: voided?.data.reason ?? "", open: detail.changeSets.at(-1) as ChangeSetView };
}

async function expectOnlyNewApprovalCounts(
  run: string,
  old: ChangeSetView["hash"],
  open: ChangeSetView,
): Promise<void> {
  await expect(approver.client.runs.approve(run, { hash: old })).rejects.toMatchObject({
    status: 409,
    code: "change_set_stale",
    message: expect.stringContaining("look at it, then decide on that") as string,
  });
  await approver.client.runs.approve(run, { hash: open.hash });
  await reaches(gantry.client, run, "succeeded");
}

async function installProgram(version: string): Promise<void> {
  const path = join(gantry.bin, "e2e-program");
  await writeFile(path, `#!/bin/sh\necho e2e-program ${version}\n`);
  await chmod(path, 0o755);
}
