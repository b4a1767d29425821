import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { placesOf } from "../host-process.ts";
import { signsIn } from "./causes.ts";
import { diagnose } from "./diagnose.ts";

test.each([
  ["Error: listen EADDRINUSE: address already in use 127.0.0.1:8088", "port_taken"],
  ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'pg'", "dependency_missing"],
  ["the environment variable DATABASE_URL is not set", "configuration_missing"],
  ["write ENOSPC: no space left on device", "disk_full"],
  ["FATAL ERROR: JavaScript heap out of memory", "memory"],
  ["connect ECONNREFUSED 10.0.0.5:5432", "unreachable"],
  ["bind: permission denied", "permission"],
  ["TypeError: x is not a function", "crashed"],
  ["expected status 200, got 503", "unhealthy"],
])("%s is a sign of %s", (line, cause) => {
  expect(signsIn([{ source: "log", text: `started\n${line}\nended` }])[0]).toEqual({ cause, source: "log", line });
});

test("without a model it goes by the signs in what it is given, and asks nobody", async () => {
  await using ctx = await createTestContext();
  const found = await runTool(diagnose, "run", { service: "shop", evidence: "listen EADDRINUSE", model: false }, ctx);
  expect(found).toMatchObject({ signs: [{ cause: "port_taken" }], diagnosis: null, turns: 0, cost: null });
});

test("a model reads the state and logs of the host as tainted text, and what it didn't read it can't quote", async () => {
  const asked: { goal: string; tainted?: readonly string[] | undefined }[] = [];
  await using ctx = await createTestContext({
    think: ({ goal, tainted }) => {
      asked.push({ goal, tainted });
      return {
        output: {
          cause: "unreachable",
          explanation: "The database refuses.",
          confidence: "high",
          quotes: [{ source: "a log", text: asked.length === 1 ? "connect ECONNREFUSED" : "made up" }],
          next: ["Start the database."],
        },
      };
    },
  });
  const release = "0123456789ab-00000001";
  const places = placesOf("shop", ctx);
  await mkdir(dirname(places.versionLog(release)), { recursive: true });
  const config = { service: "shop", address: "127.0.0.1", port: 8088 };
  await writeFile(places.config, JSON.stringify(config));
  await writeFile(places.log, "Error: connect ECONNREFUSED 127.0.0.1:5432\n");
  const input = { service: "shop", evidence: "", model: true };
  const found = await runTool(diagnose, "run", input, ctx);
  expect(found.diagnosis).toMatchObject({ cause: "unreachable", confidence: "high", quotes: [{}] });
  expect(asked[0]?.goal).toContain("ECONNREFUSED 127.0.0.1:5432");
  expect(asked[0]?.tainted).toContain("log of the host process");
  const guessed = await runTool(diagnose, "run", input, await ctx.next());
  expect(guessed.diagnosis).toMatchObject({ confidence: "low", quotes: [] });
});
