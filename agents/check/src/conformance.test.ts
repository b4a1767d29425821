import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { agentChecks, toolChecks, type World } from "@gantry/sdk/conformance";
import { expect, test } from "vitest";
import { checkHttp } from "./http.ts";
import { agent } from "./index.ts";
import { checkLatency } from "./latency.ts";

const checks = [
  ...agentChecks(agent, { parameters: {} }),
  ...toolChecks(checkHttp, { world: () => openSite((url) => ({ url, status: 200, timeoutMs: 60_000 })) }),
  ...toolChecks(checkLatency, {
    world: () => openSite((url) => ({ url, percentile: 50, ms: 60_000, timeoutMs: 60_000 })),
  }),
];

test.each(checks)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

/** A site that answers, and by which methods it was asked. */
async function openSite<Input>(inputFor: (url: string) => Input): Promise<World<Input>> {
  const others = new Set<string>();
  const server = createServer((request, response) => {
    if (request.method !== "GET") others.add(request.method ?? "");
    response.end("ok");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    input: inputFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    look: async () => [...others],
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}
