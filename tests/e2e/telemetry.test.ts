import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInstallation, type Installation, type PlatformProcess } from "../support/installation.ts";
import { startModelServer, type ModelServer } from "../support/models/server.ts";

/** An OTLP receiver: what was posted where, as OTLP's JSON. */
const posted: { path: string; authorization: string | undefined; body: string }[] = [];
const collector = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part: string) => (body += part));
  request.on("end", () => {
    posted.push({ path: request.url ?? "", authorization: request.headers.authorization, body });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
});
/** What the agent reads. */
const site = createServer((_, response) => response.writeHead(204).end());
let model: ModelServer;
let gantry: Installation;
let platform: PlatformProcess;

const portOf = (server: typeof site): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [collector, site]) await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  [model, gantry] = await Promise.all([
    startModelServer(),
    createInstallation({
      GANTRY_AGENTS: "@gantry/agent-check,@gantry/agent-assistant",
      GANTRY_OUTGOING_ALLOW: "127.0.0.0/8",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${portOf(collector)}`,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer of-the-collector",
    }),
  ]);
  platform = await gantry.start("all");
  await gantry.client.secrets.put("model-key", "the-very-secret-key");
  await gantry.client.connections.put("scripted", {
    kind: "model",
    settings: { provider: "compatible", url: `${model.url}/v1`, models: "scripted", priceInput: "1", priceOutput: "2" },
    secrets: { key: "model-key" },
  });
  // Kept here, and told nobody else all the same.
  await gantry.client.models.setPolicy({ store: "full" });
});
afterAll(async () => {
  await gantry?.[Symbol.asyncDispose]();
  await model?.[Symbol.asyncDispose]();
  for (const server of [collector, site]) server.close();
});

interface Value {
  stringValue?: string;
  intValue?: number | string;
  boolValue?: boolean;
  arrayValue?: { values: Value[] };
}
interface Attribute {
  key: string;
  value: Value;
}
interface Span {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Attribute[];
  status: { code?: number };
}
interface Metric {
  name: string;
  unit: string;
  histogram?: { dataPoints: { attributes: Attribute[]; sum: number; count: number | string }[] };
  sum?: { dataPoints: { attributes: Attribute[]; asDouble: number }[] };
}

const valuesOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.arrayValue?.values.map(({ stringValue }) => stringValue) ??
        value.stringValue ??
        value.boolValue ??
        (value.intValue === undefined ? undefined : Number(value.intValue)),
    ]),
  );

function received<T>(path: string, within: (body: never) => T[]): T[] {
  return posted.filter((one) => one.path === path).flatMap(({ body }) => within(JSON.parse(body) as never));
}

const receivedSpans = (): Span[] =>
  received<Span>("/v1/traces", (body: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );

async function think(question: string): Promise<string> {
  const run = await gantry.client.runs.create({
    runbook: "assistant.ask",
    parameters: { question },
    environment: "dev",
  });
  for await (const item of gantry.client.runs.follow(run.id))
    if (item.kind === "event" && item.event.type === "run.finished") break;
  return run.id;
}

test("a collector gets the agent, its model calls and its tools as one trace with the run's id, and nothing of what was said", async () => {
  const look = (url: string) => ({
    toolCalls: [{ id: "call_1", name: "check__http", input: { url, status: 204, timeoutMs: 0 } }],
  });
  const answer = { answer: "It answers, in a word.", citations: [] };
  model.script(look(`http://127.0.0.1:${portOf(site)}/`), look("not an address"), { text: JSON.stringify(answer) });
  const run = await think("Does the shop answer?");
  await gantry.client.models.setPolicy({ store: "off" });
  // What is left is sent before it ends.
  await platform.stop();

  const spans = receivedSpans();
  const root = spans.find(({ name }) => name === "invoke_agent assistant");
  expect(spans.map(({ name }) => name).toSorted()).toEqual([
    "chat scripted",
    "chat scripted",
    "chat scripted",
    "execute_tool check.http",
    "invoke_agent assistant",
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([run.replaceAll("-", "")]));
  for (const span of spans) expect(span === root ? "" : span.parentSpanId).toBe(span === root ? "" : root?.spanId);
  expect(valuesOf(root?.attributes ?? [])).toMatchObject({
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "assistant",
    "gantry.run": run,
    "gantry.step": "ask",
  });
  const chat = spans.find(({ name }) => name === "chat scripted");
  // A client's span: it leaves the process.
  expect(chat?.kind).toBe(3);
  expect(valuesOf(chat?.attributes ?? [])).toMatchObject({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "compatible",
    "gen_ai.request.model": "scripted",
    "gen_ai.response.model": "scripted",
    "gen_ai.output.type": "json",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
    "gen_ai.response.finish_reasons": ["tool_call"],
  });

  const metrics = received<Metric>(
    "/v1/metrics",
    (body: { resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[] }) =>
      body.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
  );
  const pointsOf = (name: string) =>
    metrics
      .filter((one) => one.name === name)
      .flatMap(({ histogram }) => histogram?.dataPoints ?? [])
      .map(({ attributes, sum, count }) => ({ ...valuesOf(attributes), sum, count: Number(count) }));
  expect(pointsOf("gen_ai.client.token.usage")).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ "gen_ai.token.type": "input", "gen_ai.request.model": "scripted", sum: 30, count: 3 }),
      expect.objectContaining({ "gen_ai.token.type": "output", sum: 15, count: 3 }),
    ]),
  );
  expect(pointsOf("gen_ai.client.operation.duration").map((point) => point["gen_ai.operation.name" as never])).toEqual(
    expect.arrayContaining(["chat", "execute_tool", "invoke_agent"]),
  );

  const [cost] = metrics.filter(({ name }) => name === "gantry.model.cost").flatMap(({ sum }) => sum?.dataPoints ?? []);
  expect(cost?.asDouble).toBeCloseTo(3 * 20e-6, 9);
  expect(valuesOf(cost?.attributes ?? [])).toMatchObject({
    "gen_ai.agent.name": "assistant",
    "gantry.cost.known": true,
  });

  expect(posted.every(({ authorization }) => authorization === "Bearer of-the-collector")).toBe(true);
  const all = posted.map(({ body }) => body).join("\n");
  for (const said of ["Does the shop", "in a word", "127.0.0.1:", "not an address", "very-secret", "of-the-collector"])
    expect(all).not.toContain(said);
});

test("asked for what was said, it gets what an organization has kept, as it is kept, and of one that keeps nothing nothing", async () => {
  posted.splice(0);
  model.script({ text: JSON.stringify({ answer: "Write to grace@example.com.", citations: [] }) });
  platform = await gantry.start("all", { GANTRY_OTEL_CONTENT: "on" });
  await think("Who knows a word of it?");
  await gantry.client.models.setPolicy({ store: "redacted" });
  await platform.stop();
  expect(receivedSpans().map(({ name }) => name)).toContain("chat scripted");
  for (const said of ["Who knows", "Write to"]) expect(posted.map(({ body }) => body).join("\n")).not.toContain(said);

  posted.splice(0);
  platform = await gantry.start("all", { GANTRY_OTEL_CONTENT: "on" });
  await think("Who knows a word of it, besides ada@example.com and the-very-secret-key?");
  await platform.stop();
  const chat = receivedSpans().find(({ name }) => name === "chat scripted");
  const said = valuesOf(chat?.attributes ?? []);
  const messages = (name: string) => JSON.parse(String(said[name])) as { role: string; parts: { content: string }[] }[];
  expect(messages("gen_ai.system_instructions")).toMatchObject([{ type: "text" }]);
  const [question] = messages("gen_ai.input.messages");
  expect(question).toMatchObject({ role: "user", parts: [{ type: "text" }] });
  expect(question?.parts[0]?.content).toContain("Who knows a word of it, besides [e-mail] and [redacted]?");
  const [answer] = messages("gen_ai.output.messages");
  expect(answer).toMatchObject({ role: "assistant", finish_reason: "stop" });
  expect(answer?.parts[0]?.content).toContain("Write to [e-mail]");
  const all = posted.map(({ body }) => body).join("\n");
  for (const hidden of ["ada@example.com", "grace@example.com", "the-very-secret"]) expect(all).not.toContain(hidden);
});
