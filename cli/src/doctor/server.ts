import type { Client } from "@gantry/sdk/client";
import { ApiError } from "@gantry/sdk/client";
import type { Context } from "../context.ts";
import { placeWord } from "../commands/place.ts";
import { absolute, duration } from "../render/time.ts";
import type { Check } from "./check.ts";
import { backupChecks } from "./backups.ts";
import { blobChecks } from "./blobs.ts";
import { certificateChecks } from "./certificate.ts";
import { databaseChecks } from "./database.ts";
import { installationChecks } from "./installation.ts";
import { encryptionChecks, rotationCheck } from "./encryption.ts";
import { checkPort } from "./machine.ts";

/** More than this apart, times in logs and deadlines mislead. The header has whole seconds. */
const skewLimitMs = 5_000;

/** The server that commands talk to: whether it is there, ready, knows the key, and has who works. */
export async function checkServer(context: Context): Promise<Check[]> {
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
async function absent({ config }: Context): Promise<Check[]> {
  const { value: url, origin } = config.url;
  if (config.named)
    return [
      { name: "server", status: "broken", text: `${url} (${origin}) doesn't answer`, mend: `curl -i ${url}/livez` },
    ];
  const text = `none runs on this machine (${url}); start it to run anything`;
  return [{ name: "server", status: "missing", text, mend: "gantry up" }, await checkPort(url)];
}

async function checkReady(url: string): Promise<Check> {
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

function checkClock(response: Response, now: number): Check {
  const date = Date.parse(response.headers.get("date") ?? "");
  const name = "clock";
  if (Number.isNaN(date)) return { name, status: "missing", text: "the server doesn't say what time it is" };
  const skew = Math.abs(now - date);
  if (skew <= skewLimitMs) return { name, status: "ok", text: "agrees with the server's" };
  const text = `differs from the server's by ${duration(skew)}; times in logs don't fit together`;
  return { name, status: "missing", text, mend: "timedatectl set-ntp true" };
}

async function checkWithKey(client: Client, origin: string): Promise<Check[]> {
  try {
    const me = await client.me.get();
    const text = `${me.actor.name} of ${me.organization.name} (from ${origin}); may ${me.scopes.join(", ")}`;
    const known: Check = { name: "key", status: "ok", text };
    return [
      known,
      ...(await checkDatabase(client)),
      ...(await checkBlobs(client)),
      ...(await checkEncryption(client)),
      ...(await checkInstallation(client)),
      ...(await checkBackups(client)),
      await checkWorkers(client),
      await checkKillSwitch(client),
      ...(await checkBreakGlass(client)),
      await checkCatalog(client),
    ];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [
      { name: "key", status: "broken", text: `${error.message} (from ${origin})`, mend: "export GANTRY_KEY=gantry_…" },
    ];
  }
}

/** Operators only may ask; a server of an older release doesn't know the question. */
async function checkDatabase(client: Client): Promise<Check[]> {
  try {
    return databaseChecks(await client.database.get());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const mend = error.status === 403 ? "export GANTRY_KEY=gantry_…  # of an administrator" : "gantry up";
    return [{ name: "database", status: "missing", text: `not looked at: ${error.message}`, mend }];
  }
}

/** Of interest to whoever runs the installation; nobody else is told that he may not ask. */
async function checkBlobs(client: Client): Promise<Check[]> {
  try {
    return blobChecks(await client.blobs.get());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403 || error.status === 404) return [];
    return [{ name: "blobs", status: "missing", text: `not looked at: ${error.message}` }];
  }
}

/** Of interest to whoever runs the installation. */
async function checkBackups(client: Client): Promise<Check[]> {
  try {
    return backupChecks(await client.backups.list(), Date.now());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403 || error.status === 404) return [];
    return [{ name: "backup", status: "missing", text: `not looked at: ${error.message}` }];
  }
}

/** Of interest to whoever runs the installation. */
async function checkInstallation(client: Client): Promise<Check[]> {
  try {
    return installationChecks(await client.installation.get());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403 || error.status === 404) return [];
    return [{ name: "installation", status: "missing", text: `not looked at: ${error.message}` }];
  }
}

/** Of interest to whoever may store secrets. */
async function checkEncryption(client: Client): Promise<Check[]> {
  try {
    const [status, { items }] = await Promise.all([client.encryption.status(), client.secrets.list()]);
    return [...encryptionChecks(status), ...rotationCheck(items, Date.now())];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403 || error.status === 404) return [];
    return [{ name: "key encryption", status: "missing", text: `not looked at: ${error.message}` }];
  }
}

async function checkWorkers(client: Client): Promise<Check> {
  const { items: all } = await client.workers.list();
  const alive = all.filter((worker) => worker.alive && worker.state === "active");
  const name = "workers";
  if (alive.length === 0) {
    return {
      name,
      status: "broken",
      text: "none is alive: runs are accepted and wait",
      mend: "gantry up --role worker",
    };
  }
  const pools = [...new Set(alive.map(({ pool }) => pool))];
  const steps = alive.reduce((sum, { capacity }) => sum + capacity, 0);
  return { name, status: "ok", text: `${alive.length} alive for ${steps} steps at once, in ${pools.join(", ")}` };
}

async function checkKillSwitch(client: Client): Promise<Check> {
  const { active } = await client.killSwitch.get();
  const [on] = active;
  if (on === undefined) return { name: "kill switch", status: "ok", text: "off" };
  const text = `ON (${on.scope}): ${on.reason}; nothing starts`;
  if (on.scope === "restored")
    return { name: "kill switch", status: "broken", text: on.reason, mend: "gantry restore resume" };
  const everywhere = on.scope === "everywhere" ? " --everywhere" : "";
  return { name: "kill switch", status: "broken", text, mend: `gantry kill-switch off${everywhere}` };
}

/** A server of an older release doesn't know it. */
async function checkBreakGlass(client: Client): Promise<Check[]> {
  const name = "break-glass";
  try {
    const { items } = await client.breakGlass.list({ limit: 200 });
    const open = items.filter((one) => one.open);
    const unseen = items.filter((one) => !one.open && one.review === null);
    const [first] = open;
    if (first !== undefined) {
      const more = open.length > 1 ? `, and ${open.length - 1} more` : "";
      const text = `OPEN: ${first.actor.name} is ${first.role} of ${placeWord(first)} until ${absolute(first.expiresAt)}${more}: ${first.reason}`;
      return [{ name, status: "missing", text, mend: `gantry break-glass end ${first.id}` }];
    }
    const [last] = unseen;
    if (last === undefined) return [{ name, status: "ok", text: "nobody holds a role that nobody gave" }];
    const text = `${unseen.length} not reviewed; the last by ${last.actor.name}: ${last.reason}`;
    return [{ name, status: "missing", text, mend: `gantry break-glass review ${last.id} --comment "…"` }];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [];
  }
}

async function checkCatalog(client: Client): Promise<Check> {
  const { items: runbooks } = await client.runbooks.list();
  const { items: environments } = await client.environments.list();
  const name = "to run";
  const text = `${runbooks.length} runbooks, ${environments.length} environments`;
  if (environments.length > 0) return { name, status: "ok", text };
  return { name, status: "missing", text: `${text}; a run needs one`, mend: "gantry environment create staging" };
}

/** Undefined when nobody answers. */
async function ask(url: string): Promise<Response | undefined> {
  try {
    return await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5_000) });
  } catch {
    return undefined;
  }
}
