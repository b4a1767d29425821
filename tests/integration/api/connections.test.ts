import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli } from "../../support/cli.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test("a connection is tried as its kind can, and no credential goes along", async () => {
  const asked: unknown[] = [];
  const registry = await listening(
    createHttpServer(({ url, headers }, answer) => {
      asked.push([url, headers.authorization]);
      answer.writeHead(url === "/v2/" ? 401 : 404).end("hello");
    }),
  );
  await api.client.secrets.put("hub-token", "hush-hush-hush");
  const settings = { url: `http://127.0.0.1:${registry}` };
  await api.client.connections.put("hub", { kind: "registry", settings, secrets: { token: "hub-token" } });
  expect(await api.client.connections.test("hub", { project: "default", environment: "dev" })).toMatchObject({
    connection: { name: "hub", project: null },
    outcome: "reached",
    checks: [
      { what: "secret token", outcome: "passed" },
      { what: "reach", outcome: "passed", message: "A registry answers, and wants credentials." },
    ],
  });
  expect(asked).toEqual([["/v2/", undefined]]);
  await api.client.connections.put("hub", { kind: "vault", settings, secrets: { token: "nothing" } });
  expect(await api.client.connections.test("hub")).toMatchObject({
    outcome: "failed",
    checks: [{ outcome: "failed" }, { outcome: "failed", message: expect.stringContaining("status 404") }],
  });
});

test("hosts are greeted, closed ports and forbidden addresses are named, and what has no address is left", async () => {
  const host = await listening(
    createServer((socket) => void socket.on("error", () => undefined).end("SSH-2.0-test\r\n")),
  );
  const closed = await listening(createServer(), { close: true });
  const put = (name: string, kind: string, settings: Record<string, string>) =>
    api.client.connections.put(name, { kind, settings });
  await put("web", "host-group", { hosts: `127.0.0.1:${host}, deploy@127.0.0.1:${closed}` });
  await put("database", "postgres", { host: "127.0.0.1", port: String(host) });
  await put("metadata", "http", { url: "https://169.254.169.254/latest" });
  await put("bare", "http", {});
  const outcomes = async (name: string) => {
    const { outcome, checks } = await api.client.connections.test(name);
    return [outcome, ...checks.map((check) => check.message)];
  };
  expect(await outcomes("web")).toEqual([
    "failed",
    "It speaks SSH.",
    "127.0.0.1 can't be reached: it refuses the connection.",
  ]);
  expect(await outcomes("database")).toEqual(["reached", "It takes connections."]);
  expect(await outcomes("metadata")).toEqual(["failed", expect.stringContaining("is refused: it is, or leads to")]);
  expect(await outcomes("bare")).toEqual(["untried", expect.stringContaining("It has no address")]);
  const { items } = await api.client.audit.list({ action: "connections.test" });
  expect(items.map(({ target, details }) => [target["connection"], details?.["outcome"]])).toContainEqual([
    "metadata",
    "failed",
  ]);
  const operator = await api.addPerson("operator", { roles: ["operator"] });
  expect(await refusalOf(operator.client.connections.test("web"))).toEqual([403, "forbidden"]);
  expect(await refusalOf(api.client.connections.test("nothing"))).toEqual([404, "not_found"]);

  await using cli = await createTestCli({ url: api.url, key: api.key });
  const failed = await cli.run(["connection", "test", "web"]);
  expect([failed.code, failed.stdout.split("\n")[0]]).toEqual([1, "host 127.0.0.1\tpassed\tIt speaks SSH."]);
  expect((await cli.run(["connection", "test", "database"])).code).toBe(0);
});

test("who verified the audit trail, up to which seal, is part of the trail", async () => {
  const { intact, head } = await api.client.audit.verify();
  const { items } = await api.client.audit.list({ action: "audit.verify", limit: 1 });
  expect(items[0]).toMatchObject({ result: "allowed", details: { intact, problems: 0, head } });
});

async function listening(server: Server, { close = false } = {}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  if (close) await new Promise((resolve) => server.close(resolve));
  else onTestFinished(() => void server.close());
  return port;
}
