import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Case {
  readonly file: string;
  readonly code: string;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const from = (file: string, specifier: string): Case => ({ file, code: `export * from "${specifier}";\n` });
const later = (file: string, specifier: string): Case => ({
  file,
  code: `export const a = () => import("${specifier}");\n`,
});

const refusedImports = [
  ["sdk/src/client/a.ts", "@gantry/platform/main", "third parties install the sdk alone"],
  ["sdk/src/client/a.ts", "../../../platform/src/main.ts", "third parties install the sdk alone"],
  ["platform/src/planner/a.ts", "../../../agents/terraform/src/index.ts", "through the store's queries"],
  ["platform/src/main.ts", "@gantry/agent-terraform", "only through the sdk's contract"],
  ["agents/terraform/src/a.ts", "@gantry/platform/main", "the same kit as a third party's"],
  ["agents/terraform/src/a.ts", "../../deployment/src/index.ts", "the same kit as a third party's"],
  ["agents/terraform/src/a.test.ts", "@gantry/agent-deployment", "the same kit as a third party's"],
  ["cli/src/a.ts", "../../platform/src/config.ts", "an API client like any other"],
  ["examples/demo/main.ts", "../../platform/src/main.ts", "what a user can do"],
  ["platform/src/lib/a.ts", "@gantry/sdk", "know nothing of Gantry"],
  ["platform/src/lib/a.ts", "../domain/plan.ts", "know nothing of Gantry"],
  ["platform/src/exec/a.ts", "../../../sdk/src/errors.ts", "Import @gantry/sdk by its name"],
  ["platform/src/exec/a.ts", "../store/runs.ts", "knows nothing of runs or plans"],
  ["platform/src/domain/a.ts", "../store/runs.ts", "the domain is pure"],
  ["platform/src/domain/deep/a.ts", "../../engine/worker.ts", "the domain is pure"],
  ["platform/src/blobs/a.ts", "../engine/worker.ts", "blobs keep bytes"],
  ["platform/src/postgres/a.ts", "../store/runs.ts", "knows nothing of what is stored"],
  ["platform/src/elsewhere/a.ts", "./b.ts", "doesn't say what platform/src/elsewhere may import"],
  ["platform/src/store/a.ts", "../engine/worker.ts", "decides nothing"],
  ["platform/src/policy/a.ts", "../api/server.ts", "through the store's queries"],
  ["platform/src/approvals/a.ts", "../engine/worker.ts", "through the store's queries"],
  ["platform/src/secrets/a.ts", "../policy/decide.ts", "through the store's queries"],
  ["platform/src/engine/a.ts", "../api/server.ts", "the engine runs without the API"],
  ["platform/src/engine/a.ts", "../approvals/approve.ts", "the engine runs without the API"],
  ["platform/src/api/a.ts", "../main.ts", "for the composition root"],
  ["platform/src/api/a.ts", "../config.ts", "for the composition root"],
] as const;

const allowedImports = [
  ["sdk/src/core/a.ts", "../contract/plan.ts"],
  ["platform/src/main.ts", "./api/server.ts"],
  ["platform/src/exec/a.ts", "../lib/clock.ts"],
  ["platform/src/domain/a.ts", "@gantry/sdk"],
  ["platform/src/engine/a.ts", "../store/runs.ts"],
  ["platform/src/engine/a.test.ts", "../api/server.ts"],
  ["platform/src/api/a.ts", "../approvals/approve.ts"],
  ["agents/terraform/src/a.ts", "./parse.ts"],
  ["agents/terraform/src/a.test.ts", "@gantry/sdk/testing"],
  ["cli/src/a.ts", "@gantry/sdk/client"],
  ["tests/e2e/a.ts", "../../platform/src/main.ts"],
] as const;

const environmentReads = [
  `export const home = process.env["HOME"];\n`,
  `export { env } from "node:process";\n`,
  `import { env } from "node:process";\nexport const home = env["HOME"];\n`,
];
const guardedFiles = ["platform/src/api/a.ts", "sdk/src/a.ts", "agents/terraform/src/a.ts", "cli/src/a.ts"];
const readingFiles = ["platform/src/config.ts", "cli/src/config.ts", "platform/src/api/a.test.ts", "tests/e2e/a.ts"];

const impurities = [
  ["the clock", "export const a = Date.now();", "may not call Date.now"],
  ["the clock of a new date", "export const a = new Date();", "may not read the clock"],
  ["randomness", "export const a = Math.random();", "may not call Math.random"],
  ["timers", "setTimeout(() => undefined, 1);", "may not call setTimeout"],
  ["files", `export * from "node:fs";`, "may not import node:fs"],
  ["packages that are not pure", `import pg from "pg";\nexport const a: unknown = pg;`, "may not import pg"],
] as const;
const pureFolders = ["sdk/src/core", "platform/src/domain"];

describe("imports between folders", () => {
  const refusals = lintAll(
    refusedImports.flatMap(([file, specifier]) => [from(file, specifier), later(file, specifier)]),
  );
  test.each(refusedImports.map((row, index) => [...row, index] as const))(
    "%s may not import %s, and the message says why",
    (_file, _specifier, reason, index) => {
      expect(refusals(index * 2)).toContain(reason);
      expect(refusals(index * 2 + 1)).toContain(reason);
    },
  );

  const allowances = lintAll(allowedImports.map(([file, specifier]) => from(file, specifier)));
  test.each(allowedImports.map((row, index) => [...row, index] as const))(
    "%s may import %s",
    (_, _specifier, index) => {
      expect(allowances(index)).not.toContain("gantry(boundaries)");
    },
  );
});

describe("the environment", () => {
  const guarded = lintAll(guardedFiles.flatMap((file) => environmentReads.map((code) => ({ file, code }))));
  test.each(guardedFiles.map((file, index) => [file, index] as const))("is not read by %s", (_, index) => {
    for (let read = 0; read < environmentReads.length; read++)
      expect(guarded(index * environmentReads.length + read)).toContain(
        "reads the environment, so that every variable",
      );
  });

  const reading = lintAll(readingFiles.map((file) => ({ file, code: environmentReads[0]! })));
  test.each(readingFiles.map((file, index) => [file, index] as const))("is read by %s", (_, index) => {
    expect(reading(index)).not.toContain("gantry(environment)");
  });
});

describe("pure folders", () => {
  const folders = [...pureFolders, "platform/src/engine"];
  const found = lintAll(
    impurities.flatMap(([, code]) => folders.map((name) => ({ file: `${name}/a.ts`, code: `${code}\n` }))),
  );
  test.each(impurities.map((row, index) => [...row, index] as const))("do not use %s", (_, _code, message, index) => {
    expect(found(index * 3)).toContain(message);
    expect(found(index * 3 + 1)).toContain(message);
    expect(found(index * 3 + 2)).not.toContain("gantry(pure)");
  });

  const code = `import { z } from "zod";\nexport const at = (ms: number): unknown => [new Date(ms), z.string()];\n`;
  const given = lintAll(pureFolders.map((name) => ({ file: `${name}/a.ts`, code })));
  test("may convert a given time", () => {
    for (const index of pureFolders.keys()) expect(given(index)).not.toContain("gantry(pure)");
  });
});

describe("cycles of imports", () => {
  const found = lintAll([
    { file: "sdk/src/a.ts", code: `import { b } from "./b-1.ts";\nexport const a = (): unknown => b;\n` },
    { file: "sdk/src/b.ts", code: `import { a } from "./a-0.ts";\nexport const b = (): unknown => a;\n` },
  ]);
  test("are errors", () => {
    expect(found(0)).toContain("import(no-cycle)");
  });
});

/**
 * Before the tests of this block, lints a repository made of these files by this repository's own configuration.
 * The n-th file is called `name-n.ts` (config.ts and main.ts keep their names). Answers what was said about the n-th.
 */
function lintAll(cases: readonly Case[]): (index: number) => string {
  let folder: string;
  let said: string[] = [];
  const files = cases.map(({ file }, index) =>
    /(config|main)\.ts$/.test(file) ? file : file.replace(/(\.test)?\.ts$/, `-${index}$&`),
  );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gantry-lint-"));
    await cp(join(repository, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    await cp(join(repository, "scripts/lint"), join(folder, "scripts/lint"), { recursive: true });
    const shared = files.filter((file, index) => files.indexOf(file) !== index);
    for (const [index, file] of files.entries()) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      // Two cases in one file: one after the other.
      await writeFile(join(folder, file), cases[index]!.code, { flag: shared.includes(file) ? "a" : "w" });
    }
    const output = await oxlint(folder, [...new Set(files)]);
    said = files.map((file) => messagesFor(file, output));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  return (index) => said[index] ?? "";
}

function oxlint(folder: string, files: readonly string[]): Promise<string> {
  const parameters = [join(repository, "node_modules/oxlint/bin/oxlint"), "-f", "json", ...files];
  return new Promise((done) => execFile(process.execPath, parameters, { cwd: folder }, (_, stdout) => done(stdout)));
}

function messagesFor(file: string, output: string): string {
  const report = JSON.parse(output) as { diagnostics: { code: string; message: string; filename: string }[] };
  const mine = report.diagnostics.filter(({ filename }) => filename === file);
  return mine.map(({ code, message }) => `${code}: ${message}`).join("\n");
}
