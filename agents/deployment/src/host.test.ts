import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byOf, placesOf } from "./host-process.ts";
import { hostClient } from "./host-client.ts";
import { isAlive, processRef } from "./host/processes.ts";
import { recoverServiceRunbook, stopServiceRunbook } from "./runbooks.ts";
import { runRunbook } from "./testing/run-runbook.ts";
import { createStage, processesOf, until } from "./testing/stage.ts";
import type { Stage } from "./testing/stage.ts";
import { startSteadyClient } from "./testing/steady-client.ts";

test("a host process that is killed is started again and takes the running version over as it is", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  await stage.ship({ version: "2" });
  const before = await stage.look();
  const served = await stage.get("/version");

  process.kill(before.pid, "SIGKILL");
  await until(
    async () => (await stage.look()).pid > 0 && (await stage.look()).pid !== before.pid,
    "a new host answers",
  );

  const after = await stage.look();
  expect({ active: after.active, listening: after.listening }).toEqual({ active: before.active, listening: true });
  expect((await stage.get("/version")).body).toEqual(served.body); // The very same process.
});

test("after everything was killed the next tool that needs it brings the same version back", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const { active } = await stage.look();
  killAll(stage);
  await until(() => processesOf(stage.ctx.hostdir).length === 0, "all are gone");
  expect(await stage.look()).toMatchObject({ pid: 0, active });

  const recovered = await runRunbook(recoverServiceRunbook, { service: stage.service }, stage.ctx);
  expect(recovered.error).toBeNull();
  expect((await stage.look()).active).toBe(active);
  await until(
    async () => (await stage.get("/version").catch(() => null))?.body["version"] === "1",
    "version 1 answers",
  );
});

test("a version that ends by itself is started again, and requests that may be repeated wait for it", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const { body: before } = await stage.get("/version");
  await stage.get("/exit");
  await until(async () => (await stage.look()).versions[0]?.crashes === 1, "the end is noticed");
  const { body: after } = await stage.get("/version");
  expect(after["version"]).toBe("1");
  expect(after["pid"]).not.toBe(before["pid"]);
});

test("an answer and an upgraded connection under way during the switch come to their end", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const stream = await openStream(stage.port);
  const socket = await openSocket(stage.port);
  expect(await socket.say("a")).toBe("1:a");

  stage.repository.commit({ version: "2" });
  const deploying = stage.deploy({ drainMs: 20_000 });
  await until(async () => (await stage.get("/version")).body["version"] === "2", "version 2 has the traffic");
  expect(await socket.say("b")).toBe("1:b");
  const old = (await stage.look()).versions.find(({ inFlight }) => inFlight > 0);
  expect(old?.inFlight).toBe(2);
  await fetch(`http://127.0.0.1:${String(old?.port)}/finish`);
  expect(await stream.rest()).toBe("first 1\nlast 1\n");
  socket.end();
  expect((await deploying).error).toBeNull();
});

test("a version that ignores SIGTERM is killed, with what it started in a session of its own", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1", ignoreSigterm: true, doubleFork: true });
  const view = await stage.look();
  const [version] = view.versions;
  const forkedPid = readFileSync(join(placesOf("web", stage.ctx).home, "forked.pid"), "utf8");
  const refs = [version?.pid ?? 0, Number(forkedPid)].map(processRef);
  expect(refs.map((ref) => ref !== null && isAlive(ref))).toEqual([true, true]);

  const host = hostClient(placesOf("web", stage.ctx), stage.ctx.signal);
  await host.switch({ by: byOf(stage.ctx), from: view.active, to: null });
  await host.stop(view.active ?? "", { by: byOf(stage.ctx), drainMs: 0, graceMs: 50, retiredFor: null });
  expect(refs.map((ref) => ref !== null && isAlive(ref))).toEqual([false, false]);
});

test("a port that somebody else has is refused before anything changes", async () => {
  await using stage = await createStage();
  const other = createServer().listen(stage.port, "127.0.0.1");
  try {
    const ran = await stage.ship({ version: "1" });
    expect(ran.error).toMatchObject({ code: "port_taken", message: expect.stringContaining(String(stage.port)) });
    expect(existsSync(placesOf("web", stage.ctx).folder)).toBe(false);
  } finally {
    other.close();
  }
});

test("a running service keeps its port", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const moved = await stage.ship({ version: "2" }, { port: stage.port + 1 });
  expect(moved.error).toMatchObject({ code: "port_change" });
  expect((await stage.get("/version")).body["version"]).toBe("1");
});

test("the service sees its own variables and secrets, and nothing of the worker", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" }, { env: { COLOUR: "blue" } });
  const { body } = await stage.get("/env");
  expect(body).toMatchObject({
    COLOUR: "blue",
    GANTRY_SERVICE: "web",
    GANTRY_ENVIRONMENT: "staging",
    HOST: "127.0.0.1",
  });
  const own = ["COLOUR", "GANTRY_COMMIT", "GANTRY_ENVIRONMENT", "GANTRY_RELEASE", "GANTRY_SERVICE", "GANTRY_VERSION"];
  expect(Object.keys(body).toSorted()).toEqual([...own, "HOME", "HOST", "LANG", "PATH", "PORT", "TMPDIR"]);
});

test("the host's folder is for its owner only and its release can't be written to", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const places = placesOf("web", stage.ctx);
  const { active } = await stage.look();
  expect(statSync(places.folder).mode & 0o077).toBe(0);
  expect(statSync(places.socket).mode & 0o777).toBe(0o600);
  expect(statSync(places.state).mode & 0o777).toBe(0o600);
  expect(statSync(join(places.release(active ?? ""), "service.js")).mode & 0o222).toBe(0);
});

test("a worker that lost the run can't change the service any more", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const { active } = await stage.look();
  const host = hostClient(placesOf("web", stage.ctx), stage.ctx.signal);
  await host.fence({ run: "run", fence: 7 });
  const late = host.switch({ by: { run: "run", fence: 6 }, from: active, to: null });
  await expect(late).rejects.toMatchObject({ code: "deployment_conflict" });
  expect((await stage.look()).active).toBe(active);
});

test("an undo leaves alone what was deployed since", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const second = await stage.ship({ version: "2" });
  await stage.ship({ version: "3" });
  const undone = await second.undo();
  expect(undone.flatMap((each) => each.undone.left)).toHaveLength(2);
  expect((await stage.get("/version")).body["version"]).toBe("3");
});

test("a stopped service frees its port, and undoing the stop brings it back", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "1" });
  const stopped = await runRunbook(stopServiceRunbook, { service: "web" }, stage.ctx);
  expect(stopped.previews["stop"]?.effect).toBe("destroys");
  await expect(stage.get("/version")).rejects.toThrow("fetch failed");
  await stopped.undo();
  expect((await stage.get("/version")).body["version"]).toBe("1");
});

test("before the first switch clients are told to come back", async () => {
  await using stage = await createStage();
  const ran = await stage.ship({ version: "1" });
  await hostClient(placesOf("web", stage.ctx), stage.ctx.signal).switch({
    by: byOf(stage.ctx),
    from: (ran.outputs["build"] as { release: string }).release,
    to: null,
  });
  const answer = await fetch(`http://127.0.0.1:${stage.port}/`);
  expect({ status: answer.status, retry: answer.headers.get("retry-after") }).toEqual({ status: 503, retry: "1" });
});

test("a load that never pauses survives three deployments in a row", async () => {
  await using stage = await createStage();
  await stage.ship({ version: "0" });
  const client = startSteadyClient(stage.port);
  for (const version of ["1", "2", "3"]) expect((await stage.ship({ version })).error).toBeNull();
  await client.answers(50);
  const { lost, byVersion } = await client.stop();
  expect(lost).toEqual([]);
  expect(Object.keys(byVersion)).toEqual(["0", "1", "2", "3"]);
}, 60_000);

function killAll(stage: Stage): void {
  const keeperFirst = processesOf(stage.ctx.hostdir).toSorted((a, b) => Number(isKeeper(b)) - Number(isKeeper(a)));
  for (const pid of keeperFirst) process.kill(pid, "SIGKILL");
}

function isKeeper(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("gantry-host-keeper");
}

function openStream(port: number): Promise<{ rest(): Promise<string> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/stream", agent: false }, (response: IncomingMessage) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        resolve({ rest: () => new Promise((done) => response.once("end", () => done(text))) });
      });
    });
    sent.once("error", reject);
    sent.end();
  });
}

function openSocket(port: number): Promise<{ say(text: string): Promise<string>; end(): void }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.write(`GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    socket.once("data", () =>
      resolve({
        say: (text) =>
          new Promise((answer) => {
            socket.once("data", (data) => answer(data.toString()));
            socket.write(text);
          }),
        end: () => socket.end(),
      }),
    );
  });
}
