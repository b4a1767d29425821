import { McpServer } from "@modelcontextprotocol/server";
import { afterEach, expect, test } from "vitest";
import { createMcpHttp, type McpHttp } from "./http.ts";

let time = 0;
let http: McpHttp<string>;
const open = (limits: object) => {
  time = 0;
  http = createMcpHttp<string>({
    serverFor: (caller) => {
      const server = new McpServer({ name: "test", version: "1.0.0" });
      server.registerTool("who", {}, () => ({ content: [{ type: "text", text: caller() }] }));
      return server;
    },
    ownerOf: (caller) => caller.split("@")[0] ?? "",
    limits,
    onError: () => undefined,
    now: () => time,
  });
};
afterEach(() => http.close());

const initialize = {
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1.0.0" } },
};
const who = { id: 2, method: "tools/call", params: { name: "who" } };

async function send(caller: string, message: object, session?: string) {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(session !== undefined && { "mcp-session-id": session }),
  };
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  const answer = await http.answer(new Request("http://localhost/mcp", { method: "POST", headers, body }), caller);
  return { status: answer.status, session: answer.headers.get("mcp-session-id"), text: await answer.text() };
}
const begin = async (caller: string) => (await send(caller, initialize)).session;

test("a session that nobody used for a while is over", async () => {
  open({ idleMs: 1_000 });
  const session = (await begin("anna")) ?? "";
  time = 900;
  expect((await send("anna", who, session)).status).toBe(200);
  time = 1_800;
  expect((await send("anna", who, session)).status).toBe(200);
  time = 2_800;
  expect((await send("anna", who, session)).status).toBe(404);
});

test("whoever begins one more than they may loses the one that was idle for longest", async () => {
  open({ perCaller: 2 });
  const first = (await begin("anna")) ?? "";
  time = 1;
  const second = (await begin("anna")) ?? "";
  time = 2;
  await send("anna", who, first);
  await begin("anna");
  expect((await send("anna", who, second)).status).toBe(404);
  expect((await send("anna", who, first)).status).toBe(200);
});

test("where there is no room for more sessions, who comes is served without one, and nobody else loses theirs", async () => {
  open({ inAll: 2 });
  const sessions = await Promise.all([begin("anna"), begin("berta"), begin("clara")]);
  expect(sessions.map((one) => one !== null)).toEqual([true, true, false]);
  expect((await send("clara", who)).text).toContain('"text":"clara"');
  expect((await send("anna", who, sessions[0] ?? "")).status).toBe(200);
});

test("a call in a session is made by who sent it, not by who began the session", async () => {
  open({});
  const session = (await begin("anna@first")) ?? "";
  expect((await send("anna@second", who, session)).text).toContain('"text":"anna@second"');
  expect((await send("berta", who, session)).status).toBe(404);
});
