import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  createBlobStore,
  createFileBackend,
  createLogWriter,
  readLog,
  type BlobStore,
  type LogLine,
} from "../../platform/src/blobs/index.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";

let database: TestPools;
let folder: string;
let store: BlobStore;
let org: string;
let run: string;
beforeAll(async () => {
  database = await createTestPools();
  folder = await mkdtemp(join(tmpdir(), "gantry-logs-"));
  const keys = await openTestKeys(database.engine, join(folder, "key"));
  store = createBlobStore({
    pool: database.engine,
    keys,
    backends: [createFileBackend(join(folder, "blobs"))],
  });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  org = randomUUID();
  run = randomUUID();
});

test("what was appended is read back in order, with streams, times and every byte", async () => {
  const log = writer("a1");
  const binary = randomBytes(1000);
  await log.append("stdout", "plan: 1 to add\n", 1000.5);
  await log.append("stderr", "warning\0 \u{1f6a7}\n", 1001);
  await log.append("stdout", binary, 1002);
  await log.close();
  const lines = await read();
  expect(lines.map(({ stream, time, attempt }) => [stream, time, attempt])).toEqual([
    ["stdout", 1000.5, "a1"],
    ["stderr", 1001, "a1"],
    ["stdout", 1002, "a1"],
  ]);
  expect(text(lines)).toEqual(Buffer.concat([Buffer.from("plan: 1 to add\nwarning\0 \u{1f6a7}\n"), binary]));
});

test("half a second after the first waiting byte it can be read, without a flush", async () => {
  const timers = manualTimers();
  const log = writer("a1", { schedule: timers.schedule });
  await log.append("stdout", "one\n", 1);
  await log.append("stdout", "two\n", 2);
  expect(timers.waiting()).toEqual([500]);
  timers.fire();
  await log.flush();
  expect(text(await read()).toString()).toBe("one\ntwo\n");
  await log.append("stdout", "three\n", 3);
  expect(timers.waiting()).toEqual([500]);
  await log.close();
  expect(timers.waiting()).toEqual([]);
});

test("much output becomes segments with an index of bytes and lines that adds up", async () => {
  const log = writer("a1");
  const line = `${"x".repeat(99)}\n`;
  for (let index = 0; index < 200; index++) await log.append("stdout", line.repeat(200), index);
  await log.close();
  const { rows } = await database.admin.query<{
    from_byte: string;
    to_byte: string;
    from_line: string;
    to_line: string;
  }>("SELECT * FROM log_segments WHERE run_id = $1 ORDER BY ordinal", [run]);
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.length).toBeLessThan(20);
  rows.reduce(
    (end, row) => {
      expect([row.from_byte, row.from_line]).toEqual([end.to_byte, end.to_line]);
      return row;
    },
    { from_byte: "0", to_byte: "0", from_line: "0", to_line: "0" },
  );
  expect(rows.at(-1)).toMatchObject({ to_byte: "4000000", to_line: "40000" });
  expect(text(await read()).toString()).toBe(line.repeat(40_000));
});

test("a cursor goes on exactly after what was read, anywhere in the log", async () => {
  const log = writer("a1");
  for (let index = 0; index < 60; index++) {
    await log.append("stdout", `line ${index}\n`, index);
    if (index % 3 === 0) await log.flush();
  }
  await log.close();
  const all = await read();
  expect(all).toHaveLength(60);
  for (const index of [0, 1, 2, 3, 30, 58, 59]) {
    const rest = await read({ after: all[index]?.cursor ?? "" });
    expect(rest.map(({ cursor }) => cursor)).toEqual(all.slice(index + 1).map(({ cursor }) => cursor));
  }
  const more = writer("a2");
  await more.append("stdout", "later\n", 99);
  await more.close();
  expect(text(await read({ after: all.at(-1)?.cursor ?? "" })).toString()).toBe("later\n");
  await expect(read({ after: "1.x" })).rejects.toThrow("cursor");
});

test("the last lines are read without what stands before them, across segments and of one attempt", async () => {
  const [one, two] = [writer("a1"), writer("a2")];
  for (let index = 0; index < 30; index++) {
    const log = index % 2 === 0 ? one : two;
    await log.append("stdout", `${index}: first\n${index}: second\n`, index);
    if (index % 4 > 1) await log.flush();
  }
  await one.close();
  await two.append("stdout", "no end", 99);
  await two.close();
  const whole = text(await read()).toString();
  for (const tail of [1, 3, 59, 60, 1000]) {
    const lines = text(await read({ tail })).toString();
    expect(whole.endsWith(lines)).toBe(true);
    expect(lines.split("\n")).toHaveLength(Math.min(tail, 60) + 1);
  }
  expect(text(await read({ tail: 2, attempt: "a1" })).toString()).toBe("28: first\n28: second\n");
});

test("a reader that follows attempts writing at once misses none and sees each once", async () => {
  const attempts = Array.from({ length: 6 }, (_, index) => `a${index}`);
  const writing = attempts.map(async (attempt) => {
    const log = writer(attempt);
    for (let index = 0; index < 25; index++) {
      await log.append("stdout", `${attempt} ${index}\n`, index);
      await log.flush();
    }
    await log.close();
  });
  let done = false;
  const all = Promise.all(writing).finally(() => (done = true));
  const seen: LogLine[] = [];
  for (let last = false; !last;) {
    last = done;
    const after = seen.at(-1)?.cursor;
    seen.push(...(await read(after === undefined ? {} : { after })));
  }
  await all;
  expect(seen).toHaveLength(150);
  for (const attempt of attempts) {
    const own = seen.filter((line) => line.attempt === attempt);
    expect(text(own).toString()).toBe(Array.from({ length: 25 }, (_, index) => `${attempt} ${index}\n`).join(""));
    expect(text(await read({ attempt }))).toEqual(text(own));
  }
});

test("a writer that takes over goes on where the first one stopped", async () => {
  const first = writer("a1");
  await first.append("stdout", "before\n", 1);
  await first.close();
  const second = writer("a1");
  await second.append("stdout", "after\n", 2);
  await second.close();
  expect(text(await read()).toString()).toBe("before\nafter\n");
});

test("what comes while the buffer is full stays in its place, whether or not whoever appends waits", async () => {
  let puts = 0;
  const waiting: Promise<void>[] = [];
  const counting: BlobStore = {
    ...store,
    put: (...input) => {
      puts += 1;
      // What filled the buffer has left it to be stored: there is room again, while others still wait for it.
      if (puts === 2) waiting.push(log.append("stdout", "last\n", 50));
      return store.put(...input);
    },
  };
  const log = writer("a1", { store: counting });
  const chunks = Array.from({ length: 50 }, (_, index) => `${String(index).padStart(2, "0")}${"-".repeat(49_997)}\n`);
  waiting.push(...chunks.map((chunk, index) => log.append("stdout", chunk, index)));
  await Promise.all(waiting);
  await log.close();
  expect(puts).toBeGreaterThan(1);
  expect(text(await read()).equals(Buffer.from(`${chunks.join("")}last\n`))).toBe(true);
});

test("when storing fails nothing is lost or doubled, and the tool waits once the buffer is full", async () => {
  let failing = true;
  const faulty: BlobStore = {
    ...store,
    put: (...input) => (failing ? Promise.reject(new Error("database is away")) : store.put(...input)),
  };
  const log = writer("a1", { store: faulty });
  const chunk = Buffer.alloc(64 * 1024, "y");
  const refusals = new Set<string>();
  for (let index = 0; index < 24; index++) {
    await log.append("stdout", chunk, index).catch((error: Error) => refusals.add(error.message));
  }
  expect([...refusals]).toEqual(["database is away"]);
  await expect(log.flush()).rejects.toThrow("database is away");
  failing = false;
  await log.close();
  expect(text(await read())).toHaveLength(24 * chunk.length);
  const { rows } = await database.engine.query<{ bytes: number }>(
    "SELECT (to_byte - from_byte)::int AS bytes FROM log_segments WHERE org = $1 ORDER BY from_byte",
    [org],
  );
  // What piled up meanwhile isn't one segment: whoever reads it holds a whole one in memory.
  expect(Math.max(...rows.map(({ bytes }) => bytes / chunk.length))).toBe(16);
});

test("a segment whose commit went unheard is stored once", async () => {
  let unheard = true;
  const pool = new Proxy(database.engine, {
    get(target, property, receiver) {
      if (property !== "connect") return Reflect.get(target, property, receiver) as unknown;
      return async () => {
        const client = await target.connect();
        const query = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>;
        let indexing = false;
        client.query = (async (...input: unknown[]) => {
          const result = await query(...input);
          indexing ||= String(input[0]).includes("INSERT INTO log_segments");
          if (input[0] === "COMMIT" && indexing && unheard) {
            unheard = false;
            throw new Error("connection lost after COMMIT");
          }
          return result;
        }) as typeof client.query;
        return client;
      };
    },
  });
  const log = writer("a1", { pool });
  await log.append("stdout", "once\n", 1);
  await expect(log.flush()).rejects.toThrow("connection lost");
  await log.close();
  expect(text(await read()).toString()).toBe("once\n");
});

test("another organization reads nothing of it", async () => {
  const log = writer("a1");
  await log.append("stdout", "mine\n", 1);
  await log.close();
  expect(await read({ org: randomUUID() })).toEqual([]);
});

function writer(attempt: string, change: Partial<Parameters<typeof createLogWriter>[0]> = {}) {
  const schedule = manualTimers().schedule;
  return createLogWriter({ pool: database.engine, store, schedule, org, run, attempt, ...change });
}

async function read(
  change: { org?: string; attempt?: string; after?: string; tail?: number } = {},
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of readLog({ pool: database.api, store }, { org, run, ...change })) lines.push(line);
  return lines;
}

function text(lines: LogLine[]): Buffer {
  return Buffer.concat(lines.map(({ data }) => data));
}

function manualTimers() {
  const timers = new Map<object, { ms: number; work: () => void }>();
  return {
    schedule(ms: number, work: () => void) {
      const key = {};
      timers.set(key, { ms, work });
      return () => void timers.delete(key);
    },
    waiting: () => [...timers.values()].map(({ ms }) => ms),
    fire() {
      const due = [...timers.values()];
      timers.clear();
      for (const { work } of due) work();
    },
  };
}
