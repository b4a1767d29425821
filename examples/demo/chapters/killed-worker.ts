import type { RunEvent } from "@gantry/sdk";
import type { AttemptView } from "@gantry/sdk/api";
import { DemoStoppedError } from "../checks.ts";
import type { Demo } from "../demo.ts";
import { seconds } from "../narrator.ts";
import { approve, exits, shipping, submit } from "../ship.ts";

/**
 * Kills the worker that has just started a version. The other one finishes the run; that nothing was done twice is told
 * by a ledger outside Gantry, to which every start of a version reports itself, and by the run's history.
 */
export async function killWorker(demo: Demo): Promise<void> {
  const { narrator, checks, ledger, traffic, report } = demo;
  const version = "4.0.0";
  narrator.chapter("Kill a worker in the middle of a run");
  demo.repository.release({ version, warmUpMs: 2_500 });

  const gate = await submit(demo, shipping(version));
  const following = approve(demo, gate);
  await Promise.race([ledger.started(version), following]);
  const killed = await killOwner(demo, gate.run);
  const killedAt = narrator.elapsed();

  checks.is("The run succeeds all the same: exit code 0", await following, exits.ok);
  report.add("worker killed with SIGKILL, run finished after", seconds(narrator.elapsed() - killedAt));

  const { steps } = await demo.client.runs.get(gate.run);
  const finisher = steps
    .flatMap(({ attempts }) => attempts)
    .toSorted(byStart)
    .at(-1)?.worker;
  checks.that("The other worker finished it", finisher !== undefined && finisher !== killed, String(finisher));
  checks.is("The version was started once, says the ledger outside", ledger.starts(version).length, 1);
  const effects = effectsOf(await history(demo, gate.run), ["start", "switch", "retire"]);
  checks.is("Each change took effect once, says the history", effects, { start: 1, switch: 1, retire: 1 });
  checks.that(
    `Clients are answered by ${version}`,
    (traffic.tally.byVersion[version] ?? 0) > 0,
    JSON.stringify(traffic.tally.byVersion),
  );
  report.add("starts of that version, counted outside", String(ledger.starts(version).length));
}

/** SIGKILL for the worker whose attempt is the newest; answers its id. @throws {DemoStoppedError} when it isn't ours. */
async function killOwner({ client, workers, narrator }: Demo, run: string): Promise<string> {
  const { steps, status } = await client.runs.get(run);
  const owner = steps
    .flatMap(({ attempts }) => attempts)
    .toSorted(byStart)
    .at(-1)?.worker;
  const { items } = await client.workers.list();
  const pid = items.find(({ id }) => id === owner)?.pid;
  const worker = workers.find((each) => each.pid === pid);
  if (owner === undefined || worker === undefined)
    throw new DemoStoppedError(`Run ${run} (${status}) isn't at one of the demo's workers.`);
  worker.kill("SIGKILL");
  await worker.ended;
  narrator.say(`Killed ${worker.name} (process ${worker.pid}) with SIGKILL; the run was ${status}.`);
  return owner;
}

function byStart(one: AttemptView, other: AttemptView): number {
  return one.startedAt.localeCompare(other.startedAt);
}

async function history({ client }: Demo, run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after = 0, more = true; more;) {
    const page = await client.runs.events(run, { after });
    events.push(...page.events);
    ({ after, more } = page);
  }
  return events;
}

/** How often each step's `run` is known to have taken effect. */
function effectsOf(events: readonly RunEvent[], steps: readonly string[]): Record<string, number> {
  const counts = Object.fromEntries(steps.map((step) => [step, 0]));
  for (const { type, data } of events) {
    const isDone = type === "attempt.succeeded" || (type === "attempt.settled" && data.outcome === "done");
    if (isDone && data.operation === "run" && data.step in counts) counts[data.step] = (counts[data.step] ?? 0) + 1;
  }
  return counts;
}
