import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { apiPrefix } from "@gantry/sdk/api";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { certificateChecks } from "../../../cli/src/doctor/certificate.ts";
import { openCertificate } from "../../../platform/src/boot/certificate.ts";
import { defaultApiConfig } from "../../../platform/src/api/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { silentLog } from "../../support/log.ts";
import { trustInTest } from "../../support/trust.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/tls");

describe("before anything is known of who asks", () => {
  let api: TestApi;
  beforeAll(async () => {
    const connections = { ...defaultApiConfig.connections, headersMs: 300, requestMs: 600, perAddress: 40 };
    api = await startTestApi({ config: { connections } });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const open = (): Socket => connect(Number(new URL(api.url).port), "127.0.0.1");
  /** All that comes back until the server closes the connection. */
  async function answerTo(text: string): Promise<string> {
    const socket = open();
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  test.each([
    ["headers without an end", "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: 1\r\n", 408, "request_timeout"],
    [
      "a body without an end",
      "POST /api/v1/auth/sign-in/email HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
      408,
      "request_timeout",
    ],
    ["an address that goes on and on", `GET /${"a".repeat(17_000)} HTTP/1.1\r\n\r\n`, 431, "headers_too_large"],
    ["something else than HTTP", "\x16\x03\x01 hello\r\n\r\n", 400, "request_malformed"],
    [
      "two lengths",
      "POST /livez HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
      400,
      "request_malformed",
    ],
    [
      "a length and chunks",
      "POST /livez HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "request_malformed",
    ],
    ["a method that there isn't", "STEAL /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", 400, "request_malformed"],
  ])("%s ends the connection with a problem", async (_what, text, status, code) => {
    const answer = await answerTo(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toContain("application/problem+json");
  });

  test("one address has only so many connections, and others that it closed give it new ones", async () => {
    const all = Array.from({ length: 45 }, open);
    onTestFinished(() => all.forEach((socket) => socket.destroy()));
    const closed = new Set<Socket>();
    for (const socket of all) socket.on("error", () => {}).on("close", () => closed.add(socket));
    await expect.poll(() => closed.size).toBeGreaterThanOrEqual(5);
    expect(closed.size).toBeLessThan(45);
    for (const socket of all) socket.destroy();
    await expect.poll(async () => (await fetch(`${api.url}/livez`).catch(() => null))?.status).toBe(200);
  });

  test("each answer, errors too, keeps browsers from guessing, framing, storing and running anything", async () => {
    const asked = [
      ["/livez", {}],
      ["/docs", {}],
      ["/sign-in", {}],
      ["/sign-in.js", {}],
      ["/nowhere", {}],
      [`${apiPrefix}/runs`, {}],
      [`${apiPrefix}/me`, { headers: { authorization: `Bearer ${api.key}` } }],
      [`${apiPrefix}/runs`, { method: "POST", body: "{", headers: { authorization: `Bearer ${api.key}` } }],
      [
        "/livez",
        { method: "OPTIONS", headers: { origin: "https://evil.example", "access-control-request-method": "GET" } },
      ],
    ] as const;
    for (const [path, init] of asked) {
      const { headers, status } = await fetch(api.url + path, init);
      const policy = headers.get("content-security-policy") ?? "";
      expect([path, status, policy]).toEqual([path, status, expect.stringContaining("default-src 'none'")]);
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toMatch(/^(no-referrer|same-origin)$/);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("x-powered-by") ?? headers.get("server")).toBeNull();
      expect(headers.get("strict-transport-security")).toBeNull();
    }
    const traced = await answerTo(
      "TRACE /livez HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: a=secret\r\nconnection: close\r\n\r\n",
    );
    expect(traced).toMatch(/^HTTP\/1.1 404 /);
    expect(traced).not.toContain("secret");
  });

  test("bodies of another type, with a prototype or with too much in them are refused", async () => {
    const post = async (body: string, type = "application/json") => {
      const headers = { "content-type": type };
      const response = await api.request(`${apiPrefix}/runs`, { method: "POST", body, headers });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    const run = JSON.stringify({ runbook: "test.look", environment: "dev" });
    expect(await post(run, "text/plain")).toEqual([415, "unsupported_media_type"]);
    expect(await post(run, "application/x-www-form-urlencoded")).toEqual([415, "unsupported_media_type"]);
    for (const key of ["__proto__", "\\u005f_proto__"])
      expect(await post(`{"runbook":"test.look","environment":"dev","parameters":{"${key}":{"admin":true}}}`)).toEqual([
        400,
        "body_invalid",
      ]);
    expect(await post(`{"constructor":{"prototype":{"admin":true}}}`)).toEqual([400, "body_invalid"]);
    expect(await post(`{"parameters":[${"0,".repeat(100_000)}0]}`)).toEqual([400, "body_too_complex"]);
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  test("only who runs the installation lets a connection or a subscription into its private networks", async () => {
    const vault = { kind: "vault", settings: { address: "https://vault.internal", privateAddresses: "allow" } };
    const hook = {
      name: "inside",
      kinds: ["run.failed" as const],
      destination: {
        channel: "webhook" as const,
        url: "https://hooks.internal",
        secret: { $secret: "s" },
        privateAddresses: true,
      },
    };
    const tenant = await api.addTenant("other");
    expect(await refusalOf(tenant.client.connections.put("vault", vault))).toEqual([403, "scope_missing"]);
    expect(await refusalOf(tenant.client.subscriptions.create(hook))).toEqual([403, "scope_missing"]);
    expect((await api.client.connections.put("vault", vault)).settings).toEqual(vault.settings);
    expect((await api.client.subscriptions.create(hook)).destination).toEqual(hook.destination);
  });
});

test("what a client says of itself through a proxy is believed from trusted ones, and from nobody else", async () => {
  const config = { addressRequestsPerMinute: 2, allowedHosts: ["127.0.0.1", "gantry.example.com"] };
  const forwarded = (from: string, host = "gantry.example.com") => ({
    headers: { "x-forwarded-for": from, "x-forwarded-host": host, "x-forwarded-proto": "https" },
  });
  await using behind = await startTestApi({ config: { ...config, trustedProxies: ["127.0.0.0/8"] } });
  const ask = async (api: TestApi, ...given: Parameters<typeof forwarded>) =>
    fetch(`${api.url}/readyz`, forwarded(...given));
  for (const from of ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) {
    const response = await ask(behind, from);
    expect([response.status, response.headers.get("strict-transport-security")]).toEqual([200, "max-age=31536000"]);
  }
  // Whoever writes addresses into the header is found out by the one that the proxy adds.
  expect((await ask(behind, "198.51.100.1, 192.0.2.9")).status).toBe(200);
  expect((await ask(behind, "198.51.100.2, 192.0.2.9")).status).toBe(200);
  expect((await ask(behind, "198.51.100.3, 192.0.2.9")).status).toBe(429);
  expect((await ask(behind, "192.0.2.7", "evil.example")).status).toBe(421);

  await using alone = await startTestApi({ config });
  const answers = [];
  for (const from of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) answers.push(await ask(alone, from, "evil.example"));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[0]?.headers.get("strict-transport-security")).toBeNull();
});

test("with a certificate it speaks TLS, takes a new one without dropping anybody, and keeps the old one while the new isn't good", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { certificateFile: join(folder, "server.pem"), keyFile: join(folder, "server.key") };
  const put = async (name: string, ending: "pem" | "key") =>
    copyFile(join(fixtures, `${name}.${ending}`), join(folder, `server.${ending}`));
  await put("first", "pem");
  await put("first", "key");
  const certificate = await openCertificate(files, { now: Date.now, log: silentLog, everyMs: 3_600_000 });
  onTestFinished(() => certificate.stop());
  await using api = await startTestApi({ deps: { certificate } });
  const ca = await readFile(join(fixtures, "ca.pem"));
  const { port } = new URL(api.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  onTestFinished(() => agent.destroy());
  const over = async (by: Agent | false, host = "localhost") => {
    const call = httpsRequest(`https://${host}:${port}/livez`, {
      agent: by,
      ca,
      headers: { host: `localhost:${port}` },
    }).end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    const { subject } = (response.socket as TLSSocket).getPeerCertificate();
    response.resume();
    await once(response, "end");
    return [response.statusCode, subject.CN, response.headers["strict-transport-security"]];
  };
  expect(await over(agent)).toEqual([200, "first", undefined]);
  await put("second", "pem");
  // Between the two files they don't belong together.
  await certificate.reload();
  expect(await over(false)).toEqual([200, "first", undefined]);
  await put("second", "key");
  await certificate.reload();
  expect(await over(false)).toEqual([200, "second", undefined]);
  expect(await over(agent)).toEqual([200, "first", undefined]);
  await writeFile(files.certificateFile, "not a certificate");
  await certificate.reload();
  expect(await over(false)).toEqual([200, "second", undefined]);
  const { origin } = new URL(`https://localhost:${port}`);
  expect(await certificateChecks(origin, Date.now())).toMatchObject([
    { status: "broken", mend: expect.stringContaining("GANTRY_CA_FILE") as string },
  ]);
  await expect(fetch(`${origin}/livez`)).rejects.toThrow("fetch failed");
  trustInTest(join(fixtures, "ca.pem"));
  expect((await fetch(`${origin}/livez`)).status).toBe(200);
  expect(await certificateChecks(origin, Date.now())).toMatchObject([{ status: "ok" }]);
  expect(await certificateChecks(origin, Date.parse("2122-12-20"))).toMatchObject([{ status: "missing" }]);
  const old = connectTls({ port: Number(port), host: "127.0.0.1", ca, maxVersion: "TLSv1.1", minVersion: "TLSv1" });
  await expect(once(old, "secureConnect")).rejects.toThrow(/protocol|ssl|tls/i);
});

test.each([
  [
    "unreadable",
    { certificateFile: join(fixtures, "none.pem"), keyFile: join(fixtures, "first.key") },
    /can't be read \(ENOENT\)/,
  ],
  [
    "no certificate",
    { certificateFile: join(fixtures, "first.key"), keyFile: join(fixtures, "first.key") },
    /no certificate in PEM/,
  ],
  [
    "another's key",
    { certificateFile: join(fixtures, "first.pem"), keyFile: join(fixtures, "second.key") },
    /isn't that of the certificate/,
  ],
])("a certificate that can't be used is refused at start: %s", async (_what, files, message) => {
  const opening = openCertificate(files, { now: Date.now, log: silentLog, everyMs: 3_600_000 });
  await expect(opening).rejects.toMatchObject({
    code: "certificate_invalid",
    message: expect.stringMatching(message) as string,
  });
});

test.each([
  ["ended", "2200-01-01", /ended on 2123-01-01/],
  ["begins later", "2020-01-01", /begins on 2024-01-01/],
])("a certificate that %s is refused", async (_what, at, message) => {
  const files = { certificateFile: join(fixtures, "first.pem"), keyFile: join(fixtures, "first.key") };
  const opening = openCertificate(files, { now: () => Date.parse(at), log: silentLog, everyMs: 3_600_000 });
  await expect(opening).rejects.toThrow(message);
});
