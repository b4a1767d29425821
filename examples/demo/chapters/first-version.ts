import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, service, type Demo } from "../demo.ts";
import { seconds } from "../narrator.ts";
import { approve, exits, shipping, submit } from "../ship.ts";

/** Plan, gate, approval by a second person, deployment, verification. */
export async function shipFirstVersion(demo: Demo): Promise<void> {
  const { narrator, checks, gantry, people, client, traffic, report } = demo;
  const version = "1.0.0";
  narrator.chapter(`Ship version ${version} to ${environment}`);
  writeParameters(demo);
  demo.repository.release({ version });

  narrator.say("What would be done? Nothing runs yet.");
  const planned = await gantry(people.requester, ["plan", ...shipping(version), "-e", environment], { show: "all" });
  checks.is("A plan is made", planned.exitCode, exits.ok);

  const begun = narrator.elapsed();
  narrator.say("Go ahead: read and draft, then stop before the first change.");
  const gate = await submit(demo, shipping(version), { show: "all" });
  checks.that("Nothing has changed yet", demo.ledger.starts(version).length === 0, "the version was started");

  narrator.say("The requester tries to approve the own change.");
  const own = await gantry(people.requester, ["approve", gate.run, gate.hash], { show: "all" });
  checks.that("That is refused", own.exitCode !== exits.ok, `exit code ${own.exitCode}`);

  narrator.say("A second person approves this very change set.");
  checks.is("It is deployed: exit code 0", await approve(demo, gate), exits.ok);
  await traffic.begun;
  const finished = narrator.elapsed();

  const { steps } = await client.runs.get(gate.run);
  const probes = probesOf(steps.find(({ id }) => id === "verify")?.output);
  for (const { name, actual } of probes) narrator.say(`probe ${name}: ${actual}`);
  checks.that(
    `Verified by ${probes.length} probes through the public port`,
    probes.length > 0 && probes.every(({ passed }) => passed),
    JSON.stringify(probes),
  );
  report.add("goal to verified deployment", seconds(finished - begun));
}

function writeParameters({ stage, repository, port, ledger }: Demo): void {
  const parameters = {
    service,
    repository: repository.path,
    port,
    // Generous: on a busy machine a good version may need a while to start.
    health: { timeoutMs: 20_000 },
    env: { ANNOUNCE_URL: ledger.url },
  };
  writeFileSync(join(stage.folder, "greeter.json"), JSON.stringify(parameters, null, 2));
}

interface Probe {
  name: string;
  actual: string;
  passed: boolean;
}

function probesOf(output: unknown): Probe[] {
  return (output as { probes?: Probe[] } | null)?.probes ?? [];
}
