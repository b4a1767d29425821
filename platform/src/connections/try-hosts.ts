import { once } from "node:events";
import { GantryError, type Connection } from "@gantry/sdk";
import type { ConnectionCheck } from "@gantry/sdk/api";
import { openSocket } from "../outgoing/index.ts";
import { noAddress } from "./ask.ts";
import type { Probe, ProbeDeps } from "./probe.ts";

const mostHosts = 20;

/** Hosts that are reached by SSH greet whoever connects (RFC 4253, 4.2), before anybody logs in. */
export const tryHosts: Probe = async (deps, connection) => {
  const hosts = hostsOf(connection).slice(0, mostHosts);
  return hosts.length === 0 ? [noAddress] : Promise.all(hosts.map((host) => greet(deps, host)));
};

/** `host`, or `hosts` with commas between; each with a port of its own or the setting `port`. */
function hostsOf({ settings }: Connection): { host: string; port: number }[] {
  const listed = (settings["hosts"] ?? settings["host"] ?? "").split(",").map((one) => one.trim());
  return listed
    .filter((one) => one !== "")
    .map((one) => {
      const [, host = one, port] = /^(?:[^@]*@)?(.+?)(?::(\d{1,5}))?$/.exec(one) ?? [];
      return { host, port: Number(port ?? settings["port"] ?? 22) || 22 };
    });
}

async function greet({ guard, signal }: ProbeDeps, at: { host: string; port: number }): Promise<ConnectionCheck> {
  const what = `host ${at.host}`;
  try {
    const { socket } = await openSocket(guard, { ...at, signal });
    try {
      const [first] = (await once(socket, "data", { signal })) as [Buffer];
      const speaks = first.subarray(0, 4).toString("latin1") === "SSH-";
      const message = speaks ? "It speaks SSH." : "It answers, but doesn't speak SSH.";
      return { what, outcome: speaks ? "passed" : "failed", message };
    } finally {
      socket.destroy();
    }
  } catch (error) {
    const message = error instanceof GantryError ? error.message : "It takes connections and says nothing.";
    return { what, outcome: "failed", message };
  }
}
