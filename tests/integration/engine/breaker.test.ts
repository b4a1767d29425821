import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { expect, test } from "vitest";
import { ConnectionUnavailableError } from "@gantry/sdk";
import { startTestEngine, type TestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

/** A real server that a test can take away and bring back at the same port. */
async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.end("pong"));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function ping(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString();
  } catch (cause) {
    throw new ConnectionUnavailableError("hub", (cause as Error).message, { cause });
  } finally {
    socket.destroy();
  }
}

async function breakerOf(engine: TestEngine): Promise<{ state: string; reason: string | null } | undefined> {
  const { rows } = await engine.admin.query<{ state: string; reason: string | null }>(
    "SELECT state, reason FROM breakers",
  );
  return rows[0];
}

test("a connection that really fails is left alone, tried by one attempt, and used again once it answers", async () => {
  let server = await listen();
  const { port } = server.address() as AddressInfo;
  const calls: { answered: boolean }[] = [];
  const tool: MemoryTool = {
    name: "test.ping",
    connections: ["hub"],
    run: async () => {
      const call = { answered: false };
      calls.push(call);
      const answer = await ping(port);
      call.answered = true;
      return answer;
    },
  };
  await using engine = await startTestEngine({ tools: [tool] });
  const breaker = { failures: 3, windowMs: 60_000, openMs: 300, longestMs: 600 };
  for (let worker = 0; worker < 2; worker += 1) await engine.startWorker({ config: { breaker, pollMs: 100 } });
  const plan = engine.plan([{ id: "a", tool: "test.ping" }]);
  await engine.reaches(await engine.submit(plan), "succeeded");
  expect(await breakerOf(engine)).toBeUndefined();

  server.close();
  await once(server, "close");
  for (let failure = 0; failure < 3; failure += 1) await engine.reaches(await engine.submit(plan), "failed");
  await engine.until(async () => (await breakerOf(engine))?.state !== "closed");
  expect((await breakerOf(engine))?.reason).toContain("ECONNREFUSED");

  const waiting = await Promise.all(Array.from({ length: 6 }, () => engine.submit(plan)));
  const trials = async () => {
    const all = (await Promise.all(waiting.map((run) => engine.events(run)))).flat();
    return all.filter(({ type }) => type === "attempt.failed").length;
  };
  // Each trial fails for as long as the server is away; nobody else gets through.
  await engine.until(async () => (await trials()) >= 2);
  const limits = (await Promise.all(waiting.map((run) => engine.events(run)))).flat();
  const said = limits.find(({ type }) => type === "step.limit_awaited");
  expect(said?.data).toMatchObject({ limit: { kind: "breaker", what: expect.stringContaining("connection hub") } });

  server = await listen(port);
  const left: string[] = [];
  for (const run of waiting) if ((await engine.reaches(run, "succeeded", "failed")) === "succeeded") left.push(run);
  expect(left.length).toBeGreaterThan(0);
  await engine.until(async () => (await breakerOf(engine))?.state === "closed");
  // A failed call for each that found it closed or was the trial, and not one more.
  expect(calls.filter(({ answered }) => !answered)).toHaveLength(3 + (6 - left.length));
  await engine.until(async () => (await engine.admin.query("SELECT 1 FROM permits")).rowCount === 0);
  server.close();
});
