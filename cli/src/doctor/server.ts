import type { DoctorCheck } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { ApiError } from "@gantry/sdk/client";
import type { Context } from "../context.ts";
import { duration } from "../render/time.ts";
import { certificateChecks } from "./certificate.ts";
import { checkPort } from "./machine.ts";

/** More than this apart, times in logs and deadlines mislead. The header has whole seconds. */
const skewLimitMs = 5_000;

/** The server that commands talk to: whether it is there, ready, knows the key, and has who works. */
export async function checkServer(context: Context): Promise<DoctorCheck[]> {
  const { value: url, origin } = context.config.url;
  const live = await ask(`${url}/livez`);
  const certificate = await certificateChecks(url, context.now());
  if (live === undefined) return [...(await absent(context)), ...certificate];
  if (live.status !== 200) {
    return [
      {
        name: "server",
        status: "broken",
        text: `${url} (${origin}) answers, but isn't Gantry (status ${live.status})`,
      },
    ];
  }
  const checks = [await checkReady(url), ...certificate, checkClock(live, context.now())];
  if (context.config.key === undefined) {
    const text = `none found in ${context.config.searched.join(", ")}`;
    return [...checks, { name: "key", status: "broken", text, mend: "export GANTRY_KEY=gantry_…" }];
  }
  return [...checks, ...(await checkWithKey(context.client(), context.config.key.origin))];
}

/** One that somebody named must be there; on this machine it is enough that it could be started. */
async function absent({ config }: Context): Promise<DoctorCheck[]> {
  const { value: url, origin } = config.url;
  if (config.named)
    return [
      { name: "server", status: "broken", text: `${url} (${origin}) doesn't answer`, mend: `curl -i ${url}/livez` },
    ];
  const text = `none runs on this machine (${url}); start it to run anything`;
  return [{ name: "server", status: "missing", text, mend: "gantry up" }, await checkPort(url)];
}

async function checkReady(url: string): Promise<DoctorCheck> {
  const ready = await ask(`${url}/readyz`);
  if (ready?.status === 200) return { name: "server", status: "ok", text: `${url} is ready; its database answers` };
  const why = await ready?.text().then(detailOf);
  const text = `${url} is up but not ready: ${why ?? "no answer"}`;
  return { name: "server", status: "broken", text, mend: "look at the log of the server" };
}

function detailOf(body: string): string {
  try {
    const { detail, status } = JSON.parse(body) as { detail?: string; status?: string | number };
    return detail ?? String(status);
  } catch {
    return body.slice(0, 200);
  }
}

function checkClock(response: Response, now: number): DoctorCheck {
  const date = Date.parse(response.headers.get("date") ?? "");
  const name = "clock";
  if (Number.isNaN(date)) return { name, status: "missing", text: "the server doesn't say what time it is" };
  const skew = Math.abs(now - date);
  if (skew <= skewLimitMs) return { name, status: "ok", text: "agrees with the server's" };
  const text = `differs from the server's by ${duration(skew)}; times in logs don't fit together`;
  return { name, status: "missing", text, mend: "timedatectl set-ntp true" };
}

async function checkWithKey(client: Client, origin: string): Promise<DoctorCheck[]> {
  try {
    const me = await client.me.get();
    const text = `${me.actor.name} of ${me.organization.name} (from ${origin}); may ${me.scopes.join(", ")}`;
    return [{ name: "key", status: "ok", text }, ...(await checkInside(client))];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [
      { name: "key", status: "broken", text: `${error.message} (from ${origin})`, mend: "export GANTRY_KEY=gantry_…" },
    ];
  }
}

/** What the server says of itself; one of an older release doesn't know the question. */
async function checkInside(client: Client): Promise<DoctorCheck[]> {
  try {
    return (await client.doctor.get()).checks;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [{ name: "inside", status: "missing", text: `not looked at: ${error.message}`, mend: "gantry up" }];
  }
}

/** Undefined when nobody answers. */
async function ask(url: string): Promise<Response | undefined> {
  try {
    return await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5_000) });
  } catch {
    return undefined;
  }
}
