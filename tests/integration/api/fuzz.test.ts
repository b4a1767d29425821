import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { fuzz } from "../../support/fuzz.ts";
import { silentLog } from "../../support/log.ts";
import { plantThings } from "../../support/things.ts";

let api: TestApi;
/** What the server says of its failures, by request. */
const failures = new Map<string, unknown>();
const log = {
  ...silentLog,
  error: (fields: object) => {
    const { requestId = "", err } = fields as { requestId?: string; err?: unknown };
    failures.set(requestId, err);
  },
};
beforeAll(async () => {
  api = await startTestApi({ config: { verdictMs: 0, requestsPerMinute: 1_000_000 }, deps: { log } });
});
afterAll(() => api[Symbol.asyncDispose]());

/** Of the long form, `npm run test:fuzz`; the short one always sends the same. */
const requests = Number(process.env["GANTRY_FUZZ_REQUESTS"] ?? 2_000);
const seed = Number(process.env["GANTRY_FUZZ_SEED"] ?? 20_261_122);
/** Some of them end what the others need, so that after so many there is a new organization. */
const perRound = 5_000;

test("malformed requests to every route are answered in time, none with a 500, refusals as problems", async () => {
  const statuses: Record<number, number> = {};
  const wrong = new Map<string, string>();
  for (let sent = 0; sent < requests; sent += perRound) {
    const worker = await api.engine.startWorker();
    const tenant = await plantThings(api, `round${sent}`);
    await worker.drain();
    const round = await fuzz(api, tenant, {
      requests: Math.min(perRound, requests - sent),
      seed: seed + sent,
      onThousand: ({ requests: count, slowest, wrong: found }) => {
        const { ms, what } = slowest;
        const soFar = `${sent + count} requests, ${wrong.size + found.size} wrong, slowest ${ms} ms: ${what}`;
        process.stderr.write(`${[soFar, ...found.keys()].join("\n  ")}\n`);
      },
    });
    for (const [what, how] of round.wrong) wrong.set(what, how);
    for (const [status, count] of Object.entries(round.byStatus))
      statuses[Number(status)] = (statuses[Number(status)] ?? 0) + count;
  }
  process.stderr.write(`${JSON.stringify(statuses)}\n`);
  const why = (text: string): string => {
    const cause = failures.get(/"requestId":"([^"]+)"/.exec(text)?.[1] ?? "");
    return cause instanceof Error ? `\n${(cause.stack ?? "").split("\n").slice(0, 6).join("\n")}` : "";
  };
  for (const [what, how] of wrong) process.stderr.write(`WRONG: ${what}: ${how}${why(how)}\n`);
  expect([...wrong.keys()]).toEqual([]);
  expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(requests);
  // Some are good enough to be done, or the rest of the code was never reached.
  expect(Object.keys(statuses).map(Number)).toEqual(expect.arrayContaining([200, 400, 404]));
});
