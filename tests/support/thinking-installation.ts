import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTestCli, type TestCli } from "./cli.ts";
import { createInstallation, type Installation, type PlatformProcess } from "./installation.ts";
import { startModelServer, type ModelServer } from "./models/server.ts";

/** An installation whose agents think with a model behind a socket that follows a script, and the command line beside it. */
export interface ThinkingInstallation extends AsyncDisposable {
  readonly gantry: Installation;
  readonly model: ModelServer;
  readonly cli: TestCli;
  /** What asks the model: a process of its own, or the server. */
  readonly worker: PlatformProcess;
  /** Of the first administrator. */
  readonly link: string;
}

export async function startThinkingInstallation(
  agents: readonly string[],
  {
    workerApart = false,
    settings = {},
  }: {
    /** Server and worker are two processes. */
    workerApart?: boolean;
    /** Of the model's connection, besides its address. */
    settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<ThinkingInstallation> {
  const [model, gantry] = await Promise.all([
    startModelServer(),
    createInstallation({ GANTRY_AGENTS: agents.join(","), GANTRY_OUTGOING_ALLOW: "127.0.0.0/8" }),
  ]);
  const server = await gantry.start(workerApart ? "api" : "all");
  const worker = workerApart ? await gantry.start("worker") : server;
  await gantry.client.secrets.put("model-key", "the-very-secret-key");
  await gantry.client.connections.put("scripted", {
    kind: "model",
    settings: { provider: "compatible", url: `${model.url}/v1`, models: "scripted", ...settings },
    secrets: { key: "model-key" },
  });
  const cli = await createTestCli({ url: gantry.url, key: gantry.key });
  return {
    gantry,
    model,
    cli,
    worker,
    link: server.said.link ?? "",
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]();
      await gantry[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** A site that answers 204, for agents to look at. */
export async function startSite(): Promise<{ url: string } & AsyncDisposable> {
  const site = createServer((_, response) => response.writeHead(204).end());
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(site.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      await new Promise((done) => site.close(done));
    },
  };
}
