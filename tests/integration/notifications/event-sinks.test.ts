import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEventSinks, parseEventSink, type EventSinkConfig } from "../../../platform/src/event-sinks/index.ts";
import { startTestEngine, type TestEngine } from "../../support/engine.ts";
import { silentLog } from "../../support/log.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { startReceiver } from "../../support/webhook-receiver.ts";

let engine: TestEngine;
let warehouse: TestDatabase;

beforeAll(async () => {
  engine = await startTestEngine({ tools: [{ name: "test.echo", run: ({ input }) => input }] });
  warehouse = await createTestDatabase();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await warehouse[Symbol.asyncDispose]();
});

const parse = (text: string): EventSinkConfig => {
  const sink = parseEventSink(text);
  if (typeof sink === "string") throw new Error(sink);
  return sink;
};

interface Logs {
  resourceLogs: {
    scopeLogs: {
      logRecords: {
        eventName: string;
        body: { stringValue: string };
        attributes: { key: string; value: { intValue?: number } }[];
      }[];
    }[];
  }[];
}

test("what a worker commits goes by OTLP to a collector and as rows into another database, beside a sink that hangs", async () => {
  await using collector = await startReceiver(
    (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end("{}"),
  );
  await using hanging = await startReceiver(() => {});
  const bus = openEventSinks(
    [
      parse(`${hanging.url}/never`),
      parse(`otlp+${collector.url}/v1/logs`),
      parse(`${warehouse.superuserUrl}#categories=run,step`),
    ],
    { log: silentLog, version: "0.0.0" },
  );
  await engine.startWorker({ onCommitted: bus.publish });
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo", input: { hello: "world" } }]));
  await engine.reaches(run, "succeeded");
  const types = await engine.types(run);
  await engine.until(async () => bus.stats()[1]?.written === types.length && (bus.stats()[2]?.written ?? 0) > 0);
  await bus.close(200);

  const records = collector.requests.flatMap(({ body }) =>
    (JSON.parse(body) as Logs).resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords),
    ),
  );
  expect(records.map(({ eventName }) => eventName)).toEqual(types.map((type) => `gantry.${type}`));
  expect(records[0]?.attributes.map(({ key }) => key)).toContain("gantry.run");

  const db = new pg.Client({ connectionString: warehouse.superuserUrl });
  await db.connect();
  const { rows } = await db.query("SELECT run, type, category FROM gantry_events ORDER BY seq");
  await db.end();
  expect(rows).toEqual(
    types
      .filter((type) => /^(run|step)\./.test(type))
      .map((type) => ({ run, type, category: type.slice(0, type.indexOf(".")) })),
  );
  expect(bus.stats()[0]).toMatchObject({ sink: "http", written: 0, dropped: types.length });
});

test("an address of a sink says what is wrong with it, and never what stands in it", () => {
  expect(parseEventSink("nonsense")).toBe("isn't an address");
  expect(parseEventSink("ftp://user:hunter2@host/")).toMatch(/^must begin with one of file:/);
  expect(parseEventSink("https://user:hunter2@host/#colour=blue")).toMatch(
    /^has an option that isn't one of categories, max-mb, keep/,
  );
  expect(parseEventSink("file:///tmp/a#categories=run,weather")).toMatch(/^has a category that isn't one of run, /);
  expect(parseEventSink("postgresql://user:hunter#2@host/db")).not.toContain("2@host");
  expect(parseEventSink("file:///tmp/a#max-mb=0")).toMatch(/^needs max-mb/);
  expect(parseEventSink("otlp+https://host/v1/logs#categories=run+approval")).toEqual({
    kind: "otlp",
    url: "https://host/v1/logs",
    categories: ["run", "approval"],
    maxBytes: 100 * 1024 * 1024,
    keep: 5,
  });
});
