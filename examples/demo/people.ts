import { DemoStoppedError } from "./checks.ts";
import type { Gantry, Person } from "./cli.ts";

/** A second identity: somebody of the group that the policy names, with a key of their own. */
export async function meetApprover(gantry: Gantry, administrator: Person): Promise<Person> {
  const name = "approver";
  const actor = await gantry(administrator, ["actor", "create", name, "--group", "approvers"]);
  const key = await gantry(administrator, ["key", "create", "--actor", name, "-s", "read", "-s", "approve"]);
  if (key.exitCode !== 0) throw new DemoStoppedError(`No second identity:\n${actor.stderr}${key.stderr}`);
  return { name, key: key.stdout.trim() };
}
