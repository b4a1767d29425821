import { open } from "node:fs/promises";
import type { ToolContext } from "@gantry/sdk";
import { lookAt, placesOf } from "../host-process.ts";
import type { Evidence } from "./causes.ts";

/** Of each log's end. */
const tailBytes = 12_000;
const versionsLookedAt = 2;

/** What this host knows of a service: the state of its newest versions, and the ends of their logs. */
export async function gather(service: string, ctx: ToolContext): Promise<Evidence[]> {
  const view = await lookAt(service, ctx);
  if (view === null) return [];
  const { listening, listenError, active, requests } = view;
  const newest = view.versions.toSorted((a, b) => b.startedAt - a.startedAt).slice(0, versionsLookedAt);
  const state = {
    listening,
    listenError,
    active,
    requests,
    versions: newest.map(({ id, commit, status, crashes, lastExit }) => ({ id, commit, status, crashes, lastExit })),
  };
  const places = placesOf(service, ctx);
  const logs = [
    ...newest.map(({ id }) => ({ source: `log of release ${id}`, path: places.versionLog(id) })),
    { source: "log of the host process", path: places.log },
  ];
  const read = await Promise.all(logs.map(async ({ source, path }) => ({ source, text: await endOf(path) })));
  return [{ source: "state", text: JSON.stringify(state) }, ...read].filter(({ text }) => text !== "");
}

/** Empty where there is none. */
async function endOf(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
