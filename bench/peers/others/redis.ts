import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { NotMeasurableError } from "../engine.ts";

/** A server of our own, on a socket, that keeps everything in an append-only file. */
export async function startRedis(
  folder: string,
  appendfsync: "always" | "everysec",
): Promise<{ socket: string; stop(): Promise<void> }> {
  const { binary } = await findRedis();
  const dir = join(folder, "redis");
  await mkdir(dir, { recursive: true });
  const socket = join(folder, "redis.sock");
  const out = openSync(join(folder, "redis.log"), "a");
  const settings = { port: "0", unixsocket: socket, dir, appendonly: "yes", appendfsync, save: "", daemonize: "no" };
  const child = spawn(
    binary,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ["ignore", out, out] },
  );
  closeSync(out);
  const gone = once(child, "exit");
  const client = new Redis({ path: socket, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
  return {
    socket,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** @throws NotMeasurableError */
export async function findRedis(): Promise<{ binary: string; version: string }> {
  for (const binary of ["valkey-server", "redis-server"]) {
    try {
      const { stdout } = await promisify(execFile)(binary, ["--version"]);
      return { binary, version: `${binary} ${/v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim()}` };
    } catch {
      // Not on this machine.
    }
  }
  throw new NotMeasurableError("there is neither valkey-server nor redis-server on the PATH");
}
