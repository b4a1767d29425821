import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, type Demo } from "../demo.ts";
import { seconds } from "../narrator.ts";
import { approve, atGate, exits, submit } from "../ship.ts";

const configuration = `
resource "terraform_data" "network" {
  input = { cidr = "10.0.0.0/16" }
}

resource "terraform_data" "subnet" {
  for_each = toset(["a", "b"])
  input    = { network = terraform_data.network.id, zone = each.key }
}

output "subnets" {
  value = sort([for subnet in terraform_data.subnet : subnet.output.zone])
}
`;

/** A Terraform change: planned, approved, applied, verified, and undone by a change set of its own. */
export async function changeInfrastructure(demo: Demo): Promise<void> {
  const { narrator, checks, gantry, people, client, report } = demo;
  narrator.chapter("Change infrastructure with Terraform, and undo it");
  const binary = installed();
  if (binary === null) {
    narrator.say("Neither terraform nor tofu is on the PATH: left out.");
    report.add("Terraform change", "left out: not on the PATH");
    return;
  }
  const parameters = { source: { files: { "main.tf": configuration } }, state: "network" };
  writeFileSync(join(demo.stage.folder, "network.json"), JSON.stringify(parameters, null, 2));

  const begun = narrator.elapsed();
  const gate = await submit(demo, ["terraform.apply", "--parameters", "network.json"]);
  const { changeSet } = await client.runs.changeSet(gate.run);
  narrator.say(`The change set: ${countsOf(changeSet.counts)}, risk ${changeSet.risk.level}.`);
  checks.is("It would add 3 resources and touch nothing else", changeSet.counts, { add: 3, change: 0, destroy: 0 });
  checks.is("The very plan that was shown is applied: exit code 0", await approve(demo, gate), exits.ok);
  const { steps } = await client.runs.get(gate.run);
  const output = steps.find(({ id }) => id === "apply")?.output as Applied | null | undefined;
  checks.is("Its outputs are there", output?.outputs["subnets"]?.value, ["a", "b"]);
  checks.is("The state holds 3 resources", output?.after?.resources, 3);

  narrator.say("Undo: a change set of its own, approved like any other.");
  const undo = ["undo", gate.run, "--reason", "The demo is over"];
  await gantry(people.requester, undo);
  const undoing = await gantry(people.requester, ["runs", "watch", gate.run]);
  checks.is("The undo stops at its gate: exit code 3", undoing.exitCode, exits.waiting);
  checks.is("It is undone: exit code 6", await approve(demo, atGate(undoing.stderr)), exits.undone);
  const undone = (await client.runs.get(gate.run)).steps.flatMap(({ undo: each }) => each?.undone ?? []);
  for (const { summary } of undone) narrator.say(summary);
  checks.is(
    "Nothing is left behind",
    undone.flatMap(({ left }) => left ?? []),
    [],
  );
  report.add(`Terraform change applied and undone (${binary}, ${environment})`, seconds(narrator.elapsed() - begun));
}

interface Applied {
  outputs: Record<string, { value: unknown }>;
  after: { resources: number } | null;
}

function countsOf({ add, change, destroy }: { add: number; change: number; destroy: number }): string {
  return `+${add} ~${change} -${destroy}`;
}

/** The first of the two that answers. */
function installed(): string | null {
  for (const name of ["terraform", "tofu"]) {
    try {
      execFileSync(name, ["version"], { stdio: "ignore", env: { ...process.env, CHECKPOINT_DISABLE: "1" } });
      return name;
    } catch {
      // Not there, or it doesn't run.
    }
  }
  return null;
}
