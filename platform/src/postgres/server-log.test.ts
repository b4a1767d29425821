import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openServerLog, readServerLog, rotateServerLog, serverLogSize } from "./server-log.ts";

test("a log over its limit is moved aside, and the server goes on in the emptied file", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "gantry-log-"));
  const cluster = path.join(directory, "postgres");
  const server = await openServerLog(cluster);
  await server.write("old\n");

  await rotateServerLog(cluster, 5);
  expect(await serverLogSize(cluster)).toBe(4);
  await rotateServerLog(cluster, 4);
  await server.write("new\n");

  expect(await readFile(path.join(directory, "postgres.log.1"), "utf8")).toBe("old\n");
  expect(await readServerLog(cluster, 0)).toBe("new\n");
  expect(await readServerLog(cluster, 2)).toBe("w\n");
  await server.close();
  await rm(directory, { recursive: true });
});
