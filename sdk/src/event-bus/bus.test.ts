import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventTypes, platformActor, type RunEvent } from "../events.ts";
import { categoryOf, createEventBus, createFileSink, createHttpSink, eventCategories } from "./index.ts";
import type { EventSink, PublishedEvent } from "./sink.ts";

const run = { id: "01a1feb0-4011-7d87-b264-2f60fe692a77", org: "01a1feb0-4011-7d87-b264-2f60fe692a78" };
const event = (seq: number): RunEvent => ({ type: "run.resumed", seq, at: 1, actor: platformActor, data: {} });
const stepEvent: RunEvent = {
  type: "step.skipped",
  seq: 99,
  at: 1,
  actor: platformActor,
  data: { step: "a", reason: "condition" },
};
const events = (count: number): RunEvent[] => Array.from({ length: count }, (_, index) => event(index + 1));

function collector(name = "memory"): EventSink & { taken: PublishedEvent[] } {
  const taken: PublishedEvent[] = [];
  return { name, taken, write: async (batch) => void taken.push(...batch) };
}

test("every type of event has a category", () => {
  expect(new Set(eventTypes.map(categoryOf))).toEqual(new Set(eventCategories));
});

test("a sink gets the events of its categories, in order, with where they belong", async () => {
  const [all, some] = [collector(), collector()];
  const bus = createEventBus([{ sink: all }, { sink: some, categories: ["step"] }]);
  bus.publish(run, [...events(3), stepEvent]);
  await bus.close(1_000);
  expect(all.taken.map(({ seq }) => seq)).toEqual([1, 2, 3, 99]);
  expect(some.taken).toEqual([{ ...stepEvent, run: run.id, org: run.org, category: "step" }]);
});

test("sinks that throw, fail, hang or alter what they get don't reach the others, and what is lost is counted", async () => {
  const good = collector("good");
  let calls = 0;
  const bus = createEventBus([
    {
      sink: {
        name: "throws",
        write: () => {
          throw new Error("broken");
        },
      },
      attempts: 1,
    },
    { sink: { name: "fails", write: () => Promise.reject(new Error("down")) }, attempts: 1 },
    {
      sink: {
        name: "hangs",
        write: () => {
          calls += 1;
          return new Promise<void>(() => {});
        },
      },
      timeoutMs: 20,
      capacity: 5,
      batch: 1,
    },
    {
      sink: { name: "alters", write: async (batch) => void Object.assign(batch[0] as object, { seq: 7 }) },
      attempts: 1,
    },
    { sink: good },
  ]);
  bus.publish(run, events(10));
  await until(() => good.taken.length === 10 && bus.stats().some(({ stuck }) => stuck));
  expect(good.taken.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(calls).toBe(1);
  await bus.close(50);
  expect(bus.stats().map(({ sink, written, dropped }) => [sink, written, dropped])).toEqual([
    ["throws", 0, 10],
    ["fails", 0, 10],
    ["hangs", 0, 10],
    ["alters", 0, 10],
    ["good", 10, 0],
  ]);
});

test("a batch that failed is tried again, and who operates it is told once of the trouble and once of its end", async () => {
  const notes: string[] = [];
  const taken: number[] = [];
  let failures = 2;
  const sink: EventSink = {
    name: "flaky",
    write: async (batch) => {
      if ((failures -= 1) >= 0) throw new Error("not yet");
      taken.push(...batch.map(({ seq }) => seq));
    },
  };
  const bus = createEventBus([{ sink }], (name, what) => void notes.push(`${name} ${what}`));
  bus.publish(run, events(2));
  await until(() => taken.length === 2);
  await bus.close(1_000);
  expect(notes).toEqual(["flaky failing", "flaky recovered"]);
  expect(bus.stats()).toMatchObject([{ written: 2, dropped: 0, failures: 2 }]);
});

test("a file takes a line of JSON per event, is rotated, and keeps as many as it was told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-sink-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "deep", "events.ndjson");
  const bus = createEventBus([{ sink: createFileSink({ path, maxBytes: 600, keep: 2 }), batch: 1 }]);
  bus.publish(run, events(20));
  await bus.close(5_000);
  expect((await readdir(join(folder, "deep"))).toSorted()).toEqual([
    "events.ndjson",
    "events.ndjson.1",
    "events.ndjson.2",
  ]);
  const newest = (await readFile(path, "utf8")).trim().split("\n");
  expect(JSON.parse(newest.at(-1) ?? "")).toMatchObject({ seq: 20, run: run.id, category: "run" });
  expect(Buffer.byteLength(`${newest.join("\n")}\n`)).toBeLessThanOrEqual(600);
});

test("HTTP gets lines of JSON; a server that refuses once gets them again, and a redirect isn't followed", async () => {
  const bodies: string[] = [];
  let refusals = 1;
  const { url, server } = await serve((body, path) => {
    if (path === "/elsewhere") return 302;
    if ((refusals -= 1) >= 0) return 503;
    bodies.push(body);
    return 200;
  });
  onTestFinished(() => void server.close());
  const bus = createEventBus([
    { sink: createHttpSink({ url: `${url}/in` }) },
    { sink: createHttpSink({ url: `${url}/elsewhere` }), attempts: 1 },
  ]);
  bus.publish(run, events(3));
  await until(() => bus.stats()[0]?.written === 3 && bus.stats()[1]?.dropped === 3);
  await bus.close(1_000);
  expect(
    bodies
      .join("")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as PublishedEvent).seq),
  ).toEqual([1, 2, 3]);
});

async function serve(answer: (body: string, path: string) => number): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      response.writeHead(answer(body, request.url ?? ""), { location: "/in", connection: "close" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
}
