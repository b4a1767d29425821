import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInstallation, planOf, reaches, type Installation } from "../support/installation.ts";
import { echo } from "./agent/src/misbehave.ts";

let gantry: Installation;

beforeAll(async () => {
  gantry = await createInstallation();
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
});

/** Starts a server that can't start; answers its only line. It must have ended with 1 and left nothing running. */
async function refusal(settings: Record<string, string>): Promise<{ code: string; message: string } | undefined> {
  const started = await gantry.start("all", settings);
  expect(await started.ended).toBe(1);
  return started.said.error;
}

test("a database that can't be reached is named without its password, with the variable to check", async () => {
  const port = await closedPort();
  const error = await refusal({ GANTRY_DATABASE_URL: `postgresql://gantry:hunter2@127.0.0.1:${port}/gantry` });
  expect(error?.code).toBe("database_unreachable");
  expect(error?.message).toContain(`127.0.0.1:${port}`);
  expect(error?.message).toContain("Check that it runs and that GANTRY_DATABASE_URL is right.");
  expect(gantry.stderr() + JSON.stringify(error)).not.toContain("hunter2");
});

test("a data directory that can't be made is named, with the variable that chooses another", async () => {
  const file = gantry.file("file");
  await writeFile(file, "");
  for (const dataDir of [join(file, "below"), "/sys/gantry"]) {
    const error = await refusal({ GANTRY_DATA_DIR: dataDir });
    expect(error?.code).toBe("data_directory_unwritable");
    expect(error?.message).toContain(dataDir);
    expect(error?.message).toContain("set GANTRY_DATA_DIR to a directory it can write");
  }
});

test("a worker on a host where no server runs is told to start one", async () => {
  const worker = await gantry.start("worker");
  expect(worker.said.error?.code).toBe("database_unreachable");
  expect(worker.said.error?.message).toContain('start it with "gantry up"');
  expect(await worker.ended).toBe(1);
});

test("an agent that isn't there and a wrong variable are named, and no database is left running", async () => {
  const agent = await refusal({ GANTRY_AGENTS: "@gantry/agent-nobody" });
  expect(agent?.code).toBe("agent_invalid");
  expect(agent?.message).toContain("@gantry/agent-nobody can't be used: its package can't be imported");
  expect(await databaseRuns()).toBe(false);
  const wrong = await refusal({ GANTRY_ROLE: "boss" });
  expect(wrong).toMatchObject({ code: "config_invalid" });
  expect(wrong?.message).toContain("GANTRY_ROLE: must be one of all, api, worker");
});

test("a port that is taken is named, the database is stopped again, and another port works at once", async () => {
  const taken = await listenAnywhere();
  const { port } = taken.address() as AddressInfo;
  const error = await refusal({ GANTRY_PORT: String(port) });
  taken.close();
  expect(error?.code).toBe("port_taken");
  expect(error?.message).toContain(`127.0.0.1:${port} is taken by another program. Stop that, or set GANTRY_PORT`);
  expect(await databaseRuns()).toBe(false);

  const { said } = await gantry.start("all");
  expect(said).toMatchObject({ ready: true });
  const { id } = await gantry.client.runs.create({
    plan: planOf((plan) => void plan.step("look", echo, { value: "fine" })),
  });
  await reaches(gantry.client, id, "succeeded");
});

async function databaseRuns(): Promise<boolean> {
  return (await readdir(join(gantry.dataDir, "postgres"))).includes("postmaster.pid");
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function closedPort(): Promise<number> {
  const server = await listenAnywhere();
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
