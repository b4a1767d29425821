import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { isInstalled } from "./installed.ts";

export const hasMoto = isInstalled("moto_server");

/** A local AWS API in memory. */
export async function startMoto(): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = -(child.pid ?? 0);
  let said = "";
  const ready = new Promise<void>((done, fail) => {
    const hear = (part: Buffer): void => {
      said += part.toString();
      if (said.includes("Running on")) done();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => fail(new Error(`moto_server ended with ${String(code)}: ${said}`)));
    child.once("error", fail);
  });
  await ready;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      process.kill(group, "SIGKILL");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
