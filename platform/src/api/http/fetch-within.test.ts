import { once } from "node:events";
import fastify, { type FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { fetchWithin } from "./fetch-within.ts";

async function start() {
  const app = fastify();
  app.addHook("onResponse", async () => undefined);
  const seen: Record<string, unknown>[] = [];
  app.all("/echo", async ({ headers, ip, body, id }) => {
    seen.push({ ...headers, ip, body, id });
    return { ok: true };
  });
  app.get("/empty", async (_, reply) => reply.code(204).send());
  app.get("/never", () => new Promise(() => undefined));
  app.get("/stream", async (_, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.write("data: 1\n\n");
    app.server.emit("streaming", reply.raw);
  });
  let within: typeof fetch | undefined;
  app.get("/outer", async (request: FastifyRequest) => {
    within = fetchWithin(app, request);
    return "";
  });
  const headers = { authorization: "Bearer key", host: "gantry.example", cookie: "session", "x-other": "1" };
  await app.inject({ url: "/outer", headers, remoteAddress: "192.0.2.7" });
  if (within === undefined) throw new Error("The route wasn't reached.");
  return { app, seen, within };
}

test("a call within is made by who called, from where they did, with nothing else of their request", async () => {
  const { app, seen, within } = await start();
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"a":1}' };
  const answer = await within("http://anywhere/echo?b=2", init);
  expect(await answer.json()).toEqual({ ok: true });
  expect(seen).toMatchObject([
    { authorization: "Bearer key", host: "gantry.example", ip: "192.0.2.7", body: { a: 1 } },
  ]);
  expect(seen[0]).not.toHaveProperty("cookie");
  expect(seen[0]).not.toHaveProperty("x-other");
  expect((await within("http://anywhere/empty")).status).toBe(204);
  await app.close();
});

test("a stream comes as it is written, and is closed for who fills it when its reader leaves", async () => {
  const { app, within } = await start();
  const opened = once(app.server, "streaming") as Promise<[NodeJS.EventEmitter & { write(text: string): void }]>;
  const leaving = new AbortController();
  const { body } = await within("http://anywhere/stream", { signal: leaving.signal });
  const [raw] = await opened;
  const reader = body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value as Uint8Array);
  expect(await next()).toBe("data: 1\n\n");
  raw.write("data: 2\n\n");
  expect(await next()).toBe("data: 2\n\n");
  const closed = Promise.withResolvers<void>();
  raw.once("close", () => closed.resolve());
  leaving.abort();
  await closed.promise;
  await expect(reader?.read()).rejects.toThrow("aborted");
  // Nor does it harm anybody when it leaves before there is an answer.
  const refused = within("http://anywhere/never", { signal: AbortSignal.timeout(1) });
  await expect(refused).rejects.toThrow("aborted");
  await app.close();
});
