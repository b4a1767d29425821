import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createTestContext, runTool } from "@gantry/sdk/testing";
import { expect, test } from "vitest";
import { Address } from "./address.ts";
import { checkHttp } from "./http.ts";
import { checkLatency } from "./latency.ts";

test("an address that answers as expected passes, and the evidence says what was seen", async () => {
  await using server = await serve((_, response) => response.writeHead(204).end());
  const seen = await look({ url: server.url, status: 204, timeoutMs: 0 });
  expect(seen).toEqual([{ name: `GET ${server.url}`, expected: "status 204", actual: "status 204", passed: true }]);
});

test("an address that comes to answer as expected is waited for", async () => {
  let asked = 0;
  await using server = await serve((_, response) => response.writeHead(++asked < 2 ? 503 : 200).end());
  expect(await look({ url: server.url, timeoutMs: 30_000 })).toMatchObject([{ passed: true }]);
  expect(asked).toBe(2);
});

test("another status, a redirect and silence are failed probes, not errors", async () => {
  await using server = await serve((_, response) =>
    response.writeHead(302, { location: "http://example.invalid" }).end(),
  );
  expect(await look({ url: server.url, timeoutMs: 0 })).toMatchObject([{ actual: "status 302", passed: false }]);
  const nobody = "http://127.0.0.1:1/";
  expect(await look({ url: nobody, timeoutMs: 0 })).toMatchObject([{ passed: false }]);
});

test.each([
  "http://169.254.169.254/latest/meta-data/",
  "http://2852039166/",
  "http://[::ffff:169.254.169.254]/",
  "http://[fe80::1]/",
  "http://0.0.0.0/",
])("a cloud's metadata is never asked, however %s spells it", async (url) => {
  const [probe] = await look({ url, timeoutMs: 0 });
  expect(probe).toMatchObject({ passed: false, actual: expect.stringContaining("isn't looked at") });
});

test("a percentile is taken of enough requests, and errors of the server count against it", async () => {
  let asked = 0;
  await using server = await serve((_, response) => {
    asked++;
    response.writeHead(200).end();
  });
  expect(await measure({ url: server.url, percentile: 95, ms: 60_000 })).toMatchObject([{ passed: true }]);
  expect(asked).toBe(20);
  await using broken = await serve((_, response) => response.writeHead(500).end());
  expect(await measure({ url: broken.url, percentile: 95, ms: 60_000 })).toMatchObject([
    { actual: "status 500", passed: false },
  ]);
});

test("addresses of other protocols and with passwords in them are refused", () => {
  for (const url of ["ftp://example.com/", "file:///etc/passwd", "https://me:secret@example.com/", "example.com"])
    expect(Address.safeParse(url).success).toBe(false);
});

async function look(input: { url: string; status?: number; timeoutMs: number }) {
  await using ctx = await createTestContext();
  const { probes } = await runTool(checkHttp, "run", { status: 200, ...input }, ctx);
  return probes;
}

async function measure(input: { url: string; percentile: number; ms: number }) {
  await using ctx = await createTestContext();
  const { probes } = await runTool(checkLatency, "run", { timeoutMs: 0, ...input }, ctx);
  return probes;
}

async function serve(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
