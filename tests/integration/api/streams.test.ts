import { connect as connectTo, createServer, type AddressInfo, type Socket } from "node:net";
import { createClient, type StreamItem } from "@gantry/sdk/client";
import { expect, test } from "vitest";
import { silentLog } from "../../support/log.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";

/** Passes bytes to the API; cuts every connection after some of the server's bytes, as often as told. */
async function startCutter(to: string, cuts: number[]): Promise<AsyncDisposable & { url: string; cut: () => number }> {
  const { port, hostname } = new URL(to);
  let done = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTo({ port: Number(port), host: hostname });
    const limit = cuts[done];
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (const one of [client, upstream]) sockets.add(one.on("error", () => {}));
    client.pipe(upstream);
    upstream.on("data", (part: Buffer) => {
      client.write(part.subarray(0, Math.min(left, part.length)));
      left -= part.length;
      if (left > 0) return;
      done += 1;
      client.destroy();
      upstream.destroy();
    });
    upstream.on("end", () => client.end());
    client.on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => done,
    async [Symbol.asyncDispose]() {
      for (const one of sockets) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function finishedRun(api: TestApi): Promise<string> {
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.reaches(id, "succeeded");
  return id;
}

async function takeUntil<T>(items: AsyncIterable<T>, enough: (taken: T[]) => boolean): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (enough(taken)) break;
  }
  return taken;
}

test("a run is followed live from its first event to its last", async () => {
  await using api = await startTestApi();
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const items = takeUntil(api.client.runs.follow(id), (all) => {
    const last = all.at(-1);
    return last?.kind === "event" && last.event.type === "run.finished";
  });
  await api.engine.startWorker();
  const events = (await items).flatMap((item) => (item.kind === "event" ? [item.event] : []));
  expect(events).toEqual(await api.engine.events(id));
});

test("a connection that is cut anywhere is made again, and no event is skipped or seen twice", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const id = await finishedRun(api);
  const expected = await api.engine.events(id);
  await using cutter = await startCutter(api.url, [900, 1_500, 2_000, 1_111, 1_777]);
  const client = createClient({ url: cutter.url, key: api.key });
  const items = await takeUntil(
    client.runs.follow(id),
    (all) => all.filter(({ kind }) => kind === "event").length === expected.length,
  );
  const events = items.flatMap((item) => (item.kind === "event" ? [item.event] : []));
  expect(cutter.cut()).toBeGreaterThan(1);
  expect(events).toEqual(expected);
});

test("a reader whose place was purged is told so, and goes on with what is left", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const id = await finishedRun(api);
  await api.engine.admin.query("DELETE FROM events WHERE run_id = $1 AND seq <= 3", [id]);
  const items = await takeUntil(api.client.runs.follow(id, { after: 1 }), (all) => all.length === 3);
  expect(items[0]).toMatchObject({ kind: "reset", reason: "history_purged", id: "3" });
  expect(items.slice(1)).toMatchObject([
    { kind: "event", id: "4" },
    { kind: "event", id: "5" },
  ]);
});

test("the organization's feed shows every run's events, resumes behind the last one and is one organization's", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const tenant = await api.addTenant("other");
  const stop = new AbortController();
  const first = api.client.feed.follow({ signal: stop.signal });
  const ready = await first.next();
  const a = await finishedRun(api);
  await tenant.client.runs.create({ runbook: "test.look", environment: "dev" });
  const seen: StreamItem<{ run: string; seq: number }>[] = [];
  for await (const item of first) {
    seen.push(item);
    if (item.kind === "event" && item.event.run === a && item.event.seq === 3) break;
  }
  expect(ready.value).toMatchObject({ kind: "ready" });
  const last = seen.at(-1);
  const after = last?.kind === "event" ? last.id : "";
  const b = await finishedRun(api);
  const expected = (await api.engine.events(a)).length - 3 + (await api.engine.events(b)).length;
  const rest = await takeUntil(api.client.feed.follow({ after }), (all) => all.length === expected + 1);
  const runs = [...seen, ...rest].flatMap((item) => (item.kind === "event" ? [item.event.run] : []));
  expect(new Set(runs)).toEqual(new Set([a, b]));
  const order = rest.flatMap((item) => (item.kind === "event" && item.event.run === a ? [item.event.seq] : []));
  expect(order).toEqual(order.toSorted((x, y) => x - y));
  expect(order[0]).toBe(4);
});

test("a feed's place that is gone or forged is refused or reset, never silently skipped", async () => {
  await using api = await startTestApi();
  await api.engine.startWorker();
  const first = api.client.feed.follow();
  await first.next();
  await finishedRun(api);
  const item = (await first.next()).value as StreamItem;
  const after = item.kind === "event" ? item.id : "";
  await first.return(undefined);
  await api.engine.admin.query("DELETE FROM events");
  const [reset] = await takeUntil(api.client.feed.follow({ after }), (all) => all.length === 1);
  expect(reset).toMatchObject({ kind: "reset", reason: "history_purged" });
  await expect(api.client.feed.follow({ after: "made.up" }).next()).rejects.toMatchObject({ code: "cursor_invalid" });
});

test("a heartbeat is sent while nothing happens", async () => {
  await using api = await startTestApi({ config: { heartbeatMs: 20 } });
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const abort = new AbortController();
  const response = await api.request(`/api/v1/runs/${id}/events`, {
    headers: { accept: "text/event-stream" },
    signal: abort.signal,
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part);
    if (text.split(": alive\n\n").length > 3) break;
  }
  abort.abort();
  expect(text).toContain("event: run.created\nid: 1\n");
});

test("a reader that takes nothing is dropped and told why, instead of filling the server's memory", async () => {
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const log = { ...silentLog, warn: (_fields: object, message: string) => message.includes("too slow") && resolve() };
  await using api = await startTestApi({ config: { slowReader: { bytes: 50_000, ms: 50 } }, deps: { log } });
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.admin.query(
    `INSERT INTO events (org, run_id, seq, type, at, actor, data)
     SELECT $1, $2, n, 'signal.received', 0, '{}', json_build_object('payload', repeat('x', 100000)) FROM generate_series(2, 400) n`,
    [api.org, id],
  );
  const socket = connectTo({ port: Number(new URL(api.url).port), host: "127.0.0.1" });
  socket.write(
    `GET /api/v1/runs/${id}/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${api.key}\r\naccept: text/event-stream\r\n\r\n`,
  );
  socket.pause();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await dropped;
  let taken = 0;
  socket.on("data", (part) => (taken += part.length));
  socket.on("error", () => {});
  socket.resume();
  await closed;
  expect(taken).toBeLessThan(399 * 100_000);
});

test("closing the server ends streams with a reason and doesn't wait for their readers", async () => {
  const api = await startTestApi();
  const { id } = await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  const response = await api.request(`/api/v1/runs/${id}/events`, { headers: { accept: "text/event-stream" } });
  const text = response.text();
  await api[Symbol.asyncDispose]();
  expect(await text).toContain('event: close\ndata: {"reason":"shutdown"}');
});
