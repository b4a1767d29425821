import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ArtifactRef } from "@gantry/sdk";
import { attachEmbeddedPostgres } from "../../platform/src/postgres/index.ts";
import { dumpFiles, dumpTables, encodingsOf, findIn, type Dump } from "../support/dumps.ts";
import { createInstallation, historyOf, planOf, reaches, type Installation } from "../support/installation.ts";
import { startVaultServer, type VaultServer } from "../support/vault-server.ts";
import { leak, leakChange, leasedReference, tokenReference, vaultReference } from "./agent/src/leak.ts";

let gantry: Installation;
let vault: VaultServer;

beforeAll(async () => {
  vault = await startVaultServer();
  gantry = await createInstallation({ GANTRY_LOG_LEVEL: "trace", GANTRY_OUTGOING_ALLOW: "127.0.0.1" });
  await gantry.start("api");
  await gantry.start("worker");
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
  await vault[Symbol.asyncDispose]();
});

test("a secret that a tool shows in every form is nowhere to be read: answers, history, logs, database, files", async () => {
  const { client } = gantry;
  const core = randomBytes(12).toString("hex");
  const token = `tok/+"&é${core}`;
  const needles = [...encodingsOf(token), ...encodingsOf(core)];
  await client.secrets.put("token", token);
  const runs = [];
  for (const mode of ["output", "error"] as const) {
    const plan = planOf(
      (builder) => void builder.step("leak", leak, { token: tokenReference as unknown as string, mode }),
      {
        goal: `marker-of-${mode}`,
      },
    );
    const { id } = await client.runs.create({ plan });
    runs.push(await reaches(client, id, mode === "output" ? "succeeded" : "failed"));
  }
  const change = planOf(
    (builder) => void builder.step("leak", leakChange, { token: tokenReference as unknown as string }),
  );
  const { id: changed } = await client.runs.create({ plan: change });
  await reaches(client, changed, "succeeded");
  const { changeSet } = await client.runs.changeSet(changed);
  expect(JSON.stringify(changeSet)).toContain("redacted");
  await client.runs.undo(changed, { reason: "It leaked" });
  runs.push(await reaches(client, changed, "undone"));
  expect(runs[0]?.steps[0]?.output).toMatchObject({
    forms: Array.from({ length: 5 }, () => expect.stringContaining("redacted") as string),
  });

  const answers: Dump[] = [];
  for (const { id } of runs) answers.push(...(await answersAbout(id)));
  const tables = await tablesOf(gantry.dataDir);
  const files = await dumpFiles(gantry.dataDir);
  const logs = [{ name: "stderr", content: gantry.stderr() }];
  expect(findIn([...answers, ...tables, ...files, ...logs], needles)).toEqual([]);

  // The search itself works: what may be read is found by it, in each kind of place.
  for (const dumps of [answers, tables, files]) expect(findIn(dumps, ["marker-of-error"])).not.toEqual([]);
  expect(logs[0]?.content).toContain(runs[0]?.id);
});

test("values that were read from Vault, or made by it for the run, are nowhere either, and what was made is revoked", async () => {
  const { client } = gantry;
  const core = randomBytes(12).toString("hex");
  const token = `vlt/+"&é${core}`;
  vault.kv.set("kv/app", { token });
  await client.secrets.put("vault-secret-id", vault.secretId);
  const settings = { address: vault.url, roleId: vault.roleId };
  await client.connections.put("vault", { kind: "vault", settings, secrets: { secretId: "vault-secret-id" } });
  const runs: string[] = [];
  for (const reference of [vaultReference, leasedReference]) {
    for (const mode of ["output", "error"] as const) {
      const plan = planOf(
        (builder) =>
          void builder.step("leak", leak, { token: reference as unknown as string, mode: `undeclared ${mode}` }),
        { goal: `marker-of-vault-${mode}` },
      );
      const { id } = await client.runs.create({ plan });
      await reaches(client, id, mode === "output" ? "succeeded" : "failed");
      runs.push(id);
    }
  }
  await expect.poll(() => vault.revoked.length).toBe(2);
  const tokens = [...vault.tokens.keys()].filter((one) => one.startsWith("hvs."));
  const needles = [token, core, vault.secretId, ...vault.made, ...tokens].flatMap(encodingsOf);
  const answers: Dump[] = [];
  for (const id of runs) answers.push(...(await answersAbout(id)));
  const tables = await tablesOf(gantry.dataDir);
  const files = await dumpFiles(gantry.dataDir);
  expect(findIn([...answers, ...tables, ...files, { name: "stderr", content: gantry.stderr() }], needles)).toEqual([]);
  expect(findIn(tables, ["marker-of-vault-error"])).not.toEqual([]);
});

/** Everything that the API says about a run, artifacts included. */
async function answersAbout(run: string): Promise<Dump[]> {
  const { client } = gantry;
  const detail = await client.runs.get(run);
  const events = await historyOf(client, run);
  const streamed: unknown[] = [];
  for await (const item of client.runs.follow(run)) {
    if (item.kind === "event") streamed.push(item.event);
    if (streamed.length === events.length) break;
  }
  const lines: string[] = [];
  for await (const { text } of client.runs.logs(run)) lines.push(text);
  expect(lines.join("")).toContain("The token is");
  const rest = [
    await client.runs.plan(run),
    await client.runs.list(),
    await client.secrets.list(),
    await client.policies.explainRun(run),
    await client.audit.list(),
  ];
  return [
    { name: "detail", content: JSON.stringify(detail) },
    { name: "events", content: JSON.stringify(events) },
    { name: "stream", content: JSON.stringify(streamed) },
    { name: "logs", content: lines.join("") },
    { name: "other answers", content: JSON.stringify(rest) },
    ...(await artifactsIn(run, JSON.stringify(detail))),
  ];
}

async function artifactsIn(run: string, text: string): Promise<Dump[]> {
  const digests = [...text.matchAll(/"\$artifact":"(sha256:[0-9a-f]{64})"/g)].map(
    ([, digest]) => digest as ArtifactRef["$artifact"],
  );
  return Promise.all(
    digests.map(async (digest) => ({
      name: digest,
      content: await new Response(await gantry.client.runs.artifact(run, digest)).text(),
    })),
  );
}

async function tablesOf(dataDir: string): Promise<Dump[]> {
  const { superuserUrl } = await attachEmbeddedPostgres({ dataDir });
  const url = new URL(superuserUrl);
  url.pathname = "/gantry";
  const admin = new pg.Pool({ connectionString: url.href, max: 1 });
  try {
    return await dumpTables(admin);
  } finally {
    await admin.end();
  }
}
