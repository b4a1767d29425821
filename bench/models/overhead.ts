import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import { createModels, type ModelCall } from "../../platform/src/models/index.ts";
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import { putSecret } from "../../platform/src/secrets/index.ts";
import { putBudget } from "../../platform/src/store/control/budgets.ts";
import { putConnection } from "../../platform/src/store/organization/connections.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";
import { openTestKeys } from "../../tests/support/keys.ts";
import { median, quantile, type Measure } from "../measure.ts";
import { openDatabase } from "../open-database.ts";
import { askBare } from "./bare-client.ts";
import { clock, startProvider, type Provider } from "./provider.ts";

const streams = 200;
const callsEach = 2;
const rounds = 7;
const warmUps = 2;
/** How long an answer of the provider takes: callers begin spread over it, as callers do. */
const answerMs = 1_000;

/** Milliseconds. A budget is two transactions more, before the question and after the answer. */
const most = { layer: { p50: 1, p99: 5 }, budget: { p50: 5, p99: 25 } };

type Messages = Extract<ModelCall["messages"][number], { role: "system" | "user" }>[];
/** Asks once and gives back the answer's text. */
type Ask = (messages: Messages) => Promise<string>;

/**
 * What the layer adds to a call, beside the barest client, with 200 answers streaming at a time: from when it is asked until the question has
 * come to the provider, and from when the provider's last word has left until the caller has the answer. Its cost is written meanwhile, as it
 * is while an agent's turn writes the answer down.
 */
export async function measureOverhead(): Promise<Measure[]> {
  await using provider = await startProvider();
  await using layer = await openLayer(provider.url);
  const contestants: Record<string, Ask> = {
    bare: (messages) => askBare(provider.url, { model: "words", messages }),
    layer: (messages) => layer.ask("free", messages),
    budget: (messages) => layer.ask("bound", messages),
  };
  const own: Record<string, { p50: number[]; p99: number[] }> = {};
  for (let round = -warmUps; round < rounds; round += 1) {
    const names = Object.keys(contestants);
    const from = (round + warmUps) % names.length;
    for (const name of [...names.slice(from), ...names.slice(0, from)]) {
      const taken = await measureRound(provider, contestants[name] as Ask);
      if (round < 0) continue;
      const of = (own[name] ??= { p50: [], p99: [] });
      of.p50.push(quantile(taken, 0.5));
      of.p99.push(quantile(taken, 0.99));
    }
  }
  return (["layer", "budget"] as const).flatMap((name) =>
    (["p50", "p99"] as const).map((part): Measure => {
      const [values, floors] = [own[name]?.[part] ?? [], own["bare"]?.[part] ?? []];
      const added = values.map((value, at) => value - (floors[at] ?? Number.NaN));
      const title = name === "layer" ? "models.overhead" : "models.overhead.budget";
      const how = name === "layer" ? "" : ", under a budget, reserved before and settled after";
      return {
        name: `${title}.${part}`,
        value: median(added),
        unit: "ms",
        floor: median(floors),
        ratio: null,
        target: { atMost: most[name][part] },
        what: `${part} that the model layer adds to a call, ${streams} streams at once${how}; floor: what a bare client takes itself`,
      };
    }),
  );
}

/** Milliseconds that each call took besides the provider's own. */
async function measureRound(provider: Provider, ask: Ask): Promise<number[]> {
  const spans: { key: string; began: number; ended: number }[] = [];
  const caller = async (number: number): Promise<void> => {
    await delay((number * answerMs) / streams);
    for (let call = 0; call < callsEach; call += 1) {
      const key = `${number}-${call}`.padStart(12, " ");
      const messages = conversation(key);
      const began = clock();
      const text = await ask(messages);
      spans.push({ key, began, ended: clock() });
      if (!text.startsWith("word 0 word 1 ")) throw new Error(`The answer was: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, number) => caller(number)));
  const { times } = await provider.take();
  return spans.map(({ key, began, ended }) => {
    const passed = times.get(key);
    if (passed === undefined) throw new Error("The provider didn't see a call.");
    return ended - began - (passed.left - passed.came);
  });
}

/** About 6 kB, as prompts of agents have. */
function conversation(key: string): Messages {
  return [
    { role: "system", content: "You look after servers, and say exactly what you found. ".repeat(40) },
    { role: "user", content: `${"web-1: 200 in 41 ms; disk 61 %; certificate valid until June. ".repeat(60)}${key}` },
  ];
}

/** The layer as a worker has it, on the embedded Postgres: an organization without budgets, and one with. */
async function openLayer(url: string) {
  const database = await openDatabase();
  const newId = createUuidV7();
  const engine = new pg.Pool({ connectionString: database.engineUrl, max: 20 });
  const api = new pg.Pool({ connectionString: database.apiUrl, max: 2 });
  const keys = await openTestKeys(engine, join(database.dataDir, "key"));
  const organizations = { free: newId(), bound: newId() };
  for (const org of Object.values(organizations)) {
    await engine.query("INSERT INTO organizations (org, name) VALUES ($1, $2)", [org, `bench ${org}`]);
    await keys.prepare(org);
    const place = { org, project: null, environment: null, actor: "bench" };
    await inOrganization(api, org, async (tx) => {
      for (const name of ["model", "cloud", "forge", "database"])
        await putSecret({ tx, keys }, { ...place, name, value: `a secret of some length: ${name}` });
      const settings = {
        provider: "compatible",
        url,
        models: "words",
        atOnce: "1000",
        priceInput: "1",
        priceOutput: "4",
      };
      const connection = { name: "bench", kind: "model" as const, settings, secrets: { key: "model" } };
      await putConnection(tx, { ...place, ...connection, id: newId() });
      if (org === organizations.bound) {
        const budget = { org, id: newId(), name: "bench", covers: "models" as const, measure: "tokens" as const };
        const whole = { currency: null, project: null, agent: null, run: null, eachRun: false };
        await putBudget(tx, { ...budget, ...whole, amount: 1_000_000_000, period: "total", actor: "bench" });
      }
    });
  }
  const guard = createAddressGuard(["127.0.0.0/8"]);
  const written: Promise<void>[] = [];
  const models = createModels({ pool: engine, keys, guard, now: Date.now, random: Math.random, newId });
  return {
    async ask(which: keyof typeof organizations, messages: Messages): Promise<string> {
      const { text } = await models.answer({
        organization: organizations[which],
        project: null,
        environment: null,
        agent: "bench",
        runId: null,
        task: "answer",
        messages,
        tools: [],
        maxOutputTokens: 200,
        signal: new AbortController().signal,
        counted: (cost) => void written.push(cost),
      });
      return text;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(written);
      models.close();
      await engine.end();
      await api.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
