import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect } from "@restatedev/restate-sdk-clients";
import { NotMeasurableError, type Engine, type OpenOptions } from "../engine.ts";
import { startWorkerProcess } from "../worker-process.ts";

interface Runs {
  run(ctx: unknown, run: string): Promise<void>;
}

/** @throws NotMeasurableError where its server isn't published for this machine */
export async function open({ folder }: OpenOptions): Promise<Engine> {
  const [ingress, admin, node, port] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const server = await startServer(folder, { ingress, admin, node });
  const client = connect({ url: `http://127.0.0.1:${ingress}` }).serviceClient<Runs>({ name: "runs" });
  let registered = false;
  return {
    startWorker: async ({ ledger }) => {
      const worker = await startWorkerProcess({
        file: fileURLToPath(new URL("restate-worker.ts", import.meta.url)),
        env: { PEERS_PORT: String(port), ...(ledger === null ? {} : { PEERS_LEDGER: String(ledger) }) },
        log: join(folder, "worker.log"),
      });
      if (!registered) await register(admin, port);
      registered = true;
      return worker;
    },
    run: async (count) => void (await Promise.all(Array.from({ length: count }, () => client.run(randomUUID())))),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function startServer(folder: string, ports: { ingress: number; admin: number; node: number }) {
  const out = openSync(join(folder, "server.log"), "a");
  const child = spawn(findServer(), ["--no-logo", "--listen-mode", "tcp", "--bind-ip", "127.0.0.1"], {
    env: {
      ...process.env,
      RESTATE_BASE_DIR: join(folder, "data"),
      RESTATE_BIND_PORT: String(ports.node),
      RESTATE_INGRESS__BIND_PORT: String(ports.ingress),
      RESTATE_ADMIN__BIND_PORT: String(ports.admin),
      RESTATE_DEFAULT_NUM_PARTITIONS: process.env["PEERS_RESTATE_PARTITIONS"] ?? "24",
      RESTATE_DISABLE_TELEMETRY: "true",
      DO_NOT_TRACK: "1",
    },
    stdio: ["ignore", out, out],
  });
  closeSync(out);
  const gone = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await gone;
  };
  const healthy = async () =>
    (
      await Promise.all(
        [`${ports.admin}/health`, `${ports.ingress}/restate/health`].map((path) =>
          fetch(`http://127.0.0.1:${path}`).then(
            ({ ok }) => ok,
            () => false,
          ),
        ),
      )
    ).every(Boolean);
  const end = performance.now() + 30_000;
  while (!(await healthy())) {
    if (performance.now() > end) {
      await stop();
      throw new Error(`The Restate server isn't ready after 30 s; see ${join(folder, "server.log")}.`);
    }
    await delay(100);
  }
  return { stop };
}

/** The binary itself: the package's launcher would stand between it and our signals. */
function findServer(): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  try {
    const { resolve } = createRequire(import.meta.url);
    return join(dirname(resolve(`${name}/package.json`)), "bin/restate-server");
  } catch {
    throw new NotMeasurableError(`npm has no ${name}`);
  }
}

async function register(admin: number, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!response.ok) throw new Error(`Restate refuses the worker: ${await response.text()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
