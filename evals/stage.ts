import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { checkHttp } from "../agents/check/src/http.ts";
import { createInstallation, planOf, reaches, type Installation } from "../tests/support/installation.ts";
import { startModelServer, type ModelServer } from "../tests/support/models/server.ts";
import type { World } from "./case.ts";

/** A real provider to ask. */
export interface Live {
  provider: string;
  key: string;
}

export interface Stage extends AsyncDisposable {
  gantry: Installation;
  world: World;
  /** Null where a real provider is asked. */
  model: ModelServer | null;
}

/** The product as processes of its own with its own agents, a site to look at, and a model: scripted behind a socket, or a real one. */
export async function openStage(live: Live | null): Promise<Stage> {
  const site = createServer((_, response) => response.writeHead(204).end());
  await new Promise<void>((listening) => site.listen(0, "127.0.0.1", listening));
  const model = live === null ? await startModelServer() : null;
  const gantry = await createInstallation({
    GANTRY_AGENTS: ["terraform", "deployment", "check", "assistant", "planner", "reviewer"]
      .map((name) => `@gantry/agent-${name}`)
      .join(","),
    GANTRY_OUTGOING_ALLOW: "127.0.0.0/8",
  });
  await gantry.start("all");
  await gantry.client.secrets.put("model-key", live?.key ?? "scripted-key");
  const settings: Record<string, string> =
    model === null
      ? { provider: live?.provider ?? "" }
      : { provider: "compatible", url: `${model.url}/v1`, models: "scripted" };
  await gantry.client.connections.put("evals", { kind: "model", settings, secrets: { key: "model-key" } });
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  const plan = planOf((steps) => void steps.step("look", checkHttp, { url, status: 503, timeoutMs: 0 }), {
    goal: "Take the shop down for maintenance",
  });
  const { id: failed } = await gantry.client.runs.create({ plan });
  await reaches(gantry.client, failed, "failed");
  return {
    gantry,
    model,
    world: { site: url, failed },
    async [Symbol.asyncDispose]() {
      await gantry[Symbol.asyncDispose]();
      await model?.[Symbol.asyncDispose]();
      site.close();
    },
  };
}
