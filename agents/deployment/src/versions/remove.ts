import { rm } from "node:fs/promises";
import type { ToolContext } from "@gantry/sdk";
import { byOf, lookAt, placesOf } from "../host-process.ts";
import { hostClient } from "../host-client.ts";
import { makeWritable } from "../source/tree.ts";

/** Forgets a stopped release and removes its files and logs from this host. */
export async function removeRelease(service: string, release: string, ctx: ToolContext): Promise<void> {
  const places = placesOf(service, ctx);
  const view = await lookAt(service, ctx);
  if (view !== null && view.pid !== 0) await hostClient(places, ctx.signal).forget(byOf(ctx), release);
  await makeWritable(places.release(release)).catch(ignoreMissing);
  for (const path of [
    places.release(release),
    places.tmp(release),
    places.versionLog(release),
    `${places.versionLog(release)}.1`,
  ])
    await rm(path, { recursive: true, force: true });
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
