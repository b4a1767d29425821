import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInstallation, planOf, reaches, type Installation } from "../support/installation.ts";
import { append } from "./agent/src/files.ts";
import { echo, useProgram } from "./agent/src/misbehave.ts";

let gantry: Installation;

beforeAll(async () => {
  gantry = await createInstallation();
  await gantry.start("all");
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
});

const good = planOf((plan) => void plan.step("look", echo, { value: "fine" }));
const step = { id: "a", kind: "tool", agent: "e2e", tool: "e2e.echo", input: { value: 1 }, after: [], undo: "tool" };
const withSteps = (...steps: object[]) => ({ plan: { ...good, steps } });

const refusals: [name: string, body: unknown, status: number, code: string, hint: RegExp][] = [
  [
    "steps that wait for each other",
    withSteps({ ...step, after: ["b"] }, { ...step, id: "b", after: ["a"] }),
    422,
    "plan_cyclic",
    /take one of these dependencies out/,
  ],
  [
    "a tool that no agent offers",
    withSteps({ ...step, tool: "e2e.nothing" }),
    422,
    "tool_unknown",
    /e2e\.nothing, which no agent here offers.*gantry doctor/,
  ],
  [
    "a loop over something that is no list",
    withSteps({ ...step, each: { not: "a list" } }),
    422,
    "not_a_list",
    /Step a loops over object, not over a list\. Give it a list/,
  ],
  [
    "a reference to a step that isn't there",
    withSteps({ ...step, input: { value: { $ref: ["z"] } } }),
    422,
    "reference_unknown",
    /Step a refers to step "z".*It has a\./,
  ],
  [
    "a malformed reference",
    withSteps({ ...step, input: { value: { $ref: "a" } } }),
    422,
    "reference_invalid",
    /malformed/,
  ],
  [
    "an input of the wrong type",
    withSteps({ ...step, tool: "e2e.append", input: { file: 1, text: "x", seconds: "soon" } }),
    422,
    "step_input_invalid",
    /file: .*expected string.*seconds: .*expected number/,
  ],
  [
    "a parameter of the wrong type",
    { runbook: "e2e.append", environment: "dev", parameters: { file: ["list"], text: "x" } },
    422,
    "parameters_invalid",
    /file: .*expected string.*gantry runbooks show e2e\.append/,
  ],
  [
    "a missing parameter",
    { runbook: "e2e.append", environment: "dev", parameters: { file: "x" } },
    422,
    "parameters_invalid",
    /text: .*gantry runbooks show e2e\.append/,
  ],
  [
    "a body that is too large",
    withSteps({ ...step, input: { value: "x".repeat(1024 * 1024) } }),
    413,
    "body_too_large",
    /larger than 1048576 bytes.*artifact/,
  ],
];

test.each(refusals)("%s is refused by name, and nothing is created", async (_name, body, status, code, hint) => {
  const before = (await gantry.client.runs.list()).items.length;
  const response = await post(JSON.stringify(body));
  const problem = (await response.json()) as { code: string; detail: string; type: string };
  expect([response.status, problem.code]).toEqual([status, code]);
  expect(problem.detail).toMatch(hint);
  expect(problem.type).toContain(`/errors/${code}`);
  expect((await gantry.client.runs.list()).items).toHaveLength(before);
});

test("a body that is no JSON, or cut in the middle of a character, is refused as such", async () => {
  const whole = new TextEncoder().encode(JSON.stringify({ runbook: "e2e.append", environment: "dev", goal: "é" }));
  const cut = whole.slice(0, whole.indexOf(0xc3) + 1);
  for (const body of ["{", cut]) {
    const response = await post(body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "body_invalid"]);
  }
});

test("a loop over something that is no list fails its run and says over what it looped", async () => {
  const plan = planOf((builder) => {
    const text = builder.step("text", echo, { value: "not a list" });
    builder.each("loop", text.output.value as never, echo, () => ({ value: 1 }));
  });
  const { id } = await gantry.client.runs.create({ plan });
  const run = await reaches(gantry.client, id, "failed");
  expect(run.error?.code).toBe("not_a_list");
  expect(run.error?.message).toMatch(/^Step loop loops over string, not over a list\. Give it a list/);
});

test("a reference to a part that the output doesn't have fails its step before anything is done", async () => {
  const file = gantry.file("never");
  const plan = planOf((builder) => {
    const text = builder.step("text", echo, { value: { name: "x" } });
    builder.step("append", append, { file, text: (text.output.value as { nmae: string }).nmae, seconds: 0 });
  });
  const { id } = await gantry.client.runs.create({ plan });
  const run = await reaches(gantry.client, id, "failed");
  expect(run.error?.code).toBe("tool_input_invalid");
  expect(run.error?.message).toMatch(/e2e\.append.*text: .*received null.*Correct the plan/);
  await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a program that is missing or too old is named with what to install, and a retry finds the right one", async () => {
  const { client } = gantry;
  const { id } = await client.runs.create({ plan: planOf((plan) => void plan.step("use", useProgram, {})) });
  const missing = await reaches(client, id, "failed");
  expect(missing.error?.code).toBe("tool_not_found");
  expect(missing.error?.message).toContain("Put e2e-program 2 or newer on the PATH.");

  await installProgram("1.9.9");
  const second = await client.runs.create({ plan: planOf((plan) => void plan.step("use", useProgram, {})) });
  const old = await reaches(client, second.id, "failed");
  expect(old.error?.code).toBe("tool_too_old");
  expect(old.error?.message).toMatch(/"e2e-program".*version 1\.9\.9, at least 2\.0\.0 is needed. Upgrade it/);

  await installProgram("2.0.0");
  await client.runs.retry(id, {});
  const done = await reaches(client, id, "succeeded");
  expect(done.steps[0]?.output).toEqual({ said: "e2e-program 2.0.0\n" });
});

test("goal, parameters and values keep every character that they may hold, and a goal with others is refused", async () => {
  const { client } = gantry;
  const odd = "\0 \ud800 \udfff \u202eabc\u202c e\u0301 \u{1f9d1}\u200d\u{1f680} \u001b[31m";
  for (const goal of ["a\0b", "half \ud83d"]) {
    await expect(client.runs.create({ plan: { ...good, goal } })).rejects.toMatchObject({
      status: 422,
      code: "invalid_text",
    });
  }
  const goal = "Größe \u202eabc\u202c \u{1f9d1}\u200d\u{1f680}";
  const plan = planOf((builder) => void builder.step("echo", echo, { value: { [odd]: odd } }), {
    goal,
    parameters: { odd },
  });
  const { id } = await client.runs.create({ plan });
  const run = await reaches(client, id, "succeeded");
  expect(run.goal).toBe(goal);
  expect(run.steps[0]?.output).toEqual({ value: { [odd]: odd } });
  expect((await client.runs.plan(id)).parameters).toEqual({ odd });
});

test("after all of that a valid request works", async () => {
  const { id } = await gantry.client.runs.create({ plan: good });
  expect((await reaches(gantry.client, id, "succeeded")).steps[0]?.output).toEqual({ value: "fine" });
});

function post(body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(new URL("/api/v1/runs", gantry.url), {
    method: "POST",
    headers: { authorization: `Bearer ${gantry.key}`, "content-type": "application/json" },
    body,
  });
}

async function installProgram(version: string): Promise<void> {
  const path = join(gantry.bin, "e2e-program");
  await writeFile(path, `#!/bin/sh\necho e2e-program ${version}\n`);
  await chmod(path, 0o755);
}
