import { open } from "node:fs/promises";
import type { Probe, ToolContext } from "@gantry/sdk";
import type { Health } from "../host/protocol.ts";
import { findVersion, lookAt, placesOf } from "../host-process.ts";
import { passHealthGate } from "./health.ts";

const outputBytes = 4_000;

/** The health gate for a release of a service, as its host sees it. @throws {HealthCheckFailedError} */
export function gateRelease(service: string, release: string, health: Health, ctx: ToolContext): Promise<Probe[]> {
  return passHealthGate(release, health, {
    signal: ctx.signal,
    look: async () => findVersion(await lookAt(service, ctx), release),
    lastOutput: () => tail(placesOf(service, ctx).versionLog(release)),
  });
}

/** The last lines of a log, whole ones; "" when there is none. */
async function tail(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return "";
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - outputBytes);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(outputBytes), position: start });
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    return start === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await file.close();
  }
}
