/**
 * `npm run demo`: real changes through the whole loop, on a platform of its own that is gone afterwards. It drives the
 * `gantry` command and HTTP only, like any user; every line of its report is measured.
 */
import { randomInt } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { createClient } from "@gantry/sdk/client";
import { shipBrokenVersion } from "./chapters/broken-version.ts";
import { stopService } from "./chapters/clean-up.ts";
import { shipFirstVersion } from "./chapters/first-version.ts";
import { killWorker } from "./chapters/killed-worker.ts";
import { shipSecondVersion } from "./chapters/second-version.ts";
import { changeInfrastructure } from "./chapters/terraform.ts";
import { createChecks, DemoStoppedError, type Checks } from "./checks.ts";
import { createGantry } from "./cli.ts";
import type { Demo } from "./demo.ts";
import { endProcessesOf } from "./leftovers.ts";
import { openLedger } from "./ledger.ts";
import { createNarrator, seconds, type Narrator } from "./narrator.ts";
import { meetApprover } from "./people.ts";
import { startPlatform } from "./platform.ts";
import { createReport, printReport } from "./report.ts";
import { createRepository } from "./repository.ts";
import { createStage, type Stage } from "./stage.ts";
import { startTraffic } from "./traffic.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  const columns = Number(process.env["COLUMNS"]);
  const narrator = createNarrator(process.stdout, columns > 0 ? columns : undefined);
  const checks = createChecks(narrator);
  const stage = createStage();
  const interrupt = interruption();
  // Undone in the opposite order, whatever happens.
  const cleanUp = new AsyncDisposableStack();
  try {
    const demo = await setTheStage({ narrator, checks, stage, signal: interrupt.signal, cleanUp });
    await shipFirstVersion(demo);
    await shipSecondVersion(demo);
    await shipBrokenVersion(demo);
    await killWorker(demo);
    await changeInfrastructure(demo);
    await stopService(demo);
    await printReport(demo);
  } catch (error) {
    if (interrupt.signal.aborted) narrator.say("Interrupted; stopping everything.");
    else checks.that("The demo came to its end", false, describe(error));
  }
  await cleanUp.disposeAsync();
  return conclude({ narrator, checks, stage, interrupted: interrupt.signal.aborted });
}

interface Setting {
  narrator: Narrator;
  checks: Checks;
  stage: Stage;
  signal: AbortSignal;
  cleanUp: AsyncDisposableStack;
}

/** A server and two workers on a fresh data directory, a repository, two people, clients and a ledger outside. */
async function setTheStage({ narrator, checks, stage, signal, cleanUp }: Setting): Promise<Demo> {
  narrator.chapter("Start a server and two workers");
  narrator.say(`Everything of this demo is in ${stage.folder}`);
  const report = createReport();
  const start = async (name: string, role: "api" | "worker") => {
    const started = await startPlatform(name, role, { stage, signal });
    cleanUp.defer(() => started.stop());
    return started;
  };
  const server = await start("server", "api");
  const serverReady = narrator.elapsed();
  narrator.say(`The server answers at ${server.ready.url}; it brought its own Postgres.`);
  report.add("server ready, first start", seconds(serverReady));

  const { url, key } = server.ready;
  if (key === null) throw new DemoStoppedError("The server printed no key.");
  const requester = { name: "requester", key };
  const gantry = createGantry({ url, stage, narrator, signal });
  const starting = Promise.all([start("worker-1", "worker"), start("worker-2", "worker")]);
  const [approver, workers] = await Promise.all([meetApprover(gantry, requester), starting]);
  narrator.say(`Workers: processes ${workers.map(({ pid }) => pid).join(" and ")}.`);
  const ledger = await openLedger();
  cleanUp.defer(() => ledger.close());
  const port = await freePort();
  const traffic = startTraffic(port);
  cleanUp.defer(async () => void (await traffic.stop()));
  const client = createClient({ url, key, userAgent: "gantry-demo" });
  const { items } = await client.workers.list();
  checks.is("Two workers have registered themselves", items.filter(({ alive }) => alive).length, 2);
  const repository = createRepository(stage.repository);
  const people = { requester, approver };
  return {
    narrator,
    checks,
    stage,
    signal,
    server,
    workers,
    gantry,
    client,
    people,
    repository,
    port,
    traffic,
    ledger,
    report,
  };
}

/** Says how it went, and leaves logs only where somebody will want to read them. */
async function conclude(facts: {
  narrator: Narrator;
  checks: Checks;
  stage: Stage;
  interrupted: boolean;
}): Promise<number> {
  const { narrator, checks, stage, interrupted } = facts;
  const leftovers = await endProcessesOf(stage.folder);
  const { held, failed } = checks.counts();
  if (!interrupted) checks.is("Everything was stopped: no process is left", failed.length > 0 ? 0 : leftovers, 0);
  const wrong = checks.counts().failed;
  narrator.line("");
  if (wrong.length > 0 || interrupted) {
    for (const each of wrong) narrator.line(`FAILED  ${each}`);
    stage.remove({ keepLogs: true });
    narrator.line(`Logs: ${stage.logs}`);
    return interrupted ? 130 : 1;
  }
  stage.remove({ keepLogs: false });
  narrator.line(`${held + 1} of ${held + 1} expectations met in ${seconds(narrator.elapsed())}.`);
  narrator.line("");
  narrator.line("Now your own repository (it says how it is built and started in gantry.service.json):");
  narrator.line("npm start, and in another terminal:");
  narrator.line(
    "npx gantry run deploy.service -e dev -p service=my-service -p repository=/path/to/my-service -p port=8080",
  );
  return 0;
}

function interruption(): AbortController {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      // Asked twice: somebody doesn't want to wait.
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(`Interrupted by ${signal}`));
    });
  return controller;
}

function describe(error: unknown): string {
  if (error instanceof DemoStoppedError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A port that nobody has now, and no outgoing connection gets: clients call it before anybody listens there. */
async function freePort(): Promise<number> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(randomInt(10_000, 20_000), "127.0.0.1", () => resolve(true));
  });
  if (!free) return freePort();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
