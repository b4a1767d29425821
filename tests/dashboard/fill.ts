import type { TestDashboard } from "../support/browser.ts";

/** Something of everything, so that no screen is empty: runs that wait, went well, were rejected and undone; a trigger, policy, secret, key, … */
export async function fillDashboard({ api, client }: TestDashboard): Promise<void> {
  await api.engine.startWorker();
  const approver = await api.addPerson("approver", { groups: ["approvers"], roles: ["approver", "viewer"] });
  const run = (environment: string, goal: string) =>
    client.runs.create({ runbook: "test.swap", parameters: { to: goal }, environment, goal });
  const done = await run("dev", "Ship version 1");
  await client.runs.create({ runbook: "test.look", environment: "dev", goal: "Look around", dryRun: true });
  const waiting = await run("staging", "Ship version 2");
  const rejected = await run("staging", "Ship version 3");
  await api.engine.reaches(rejected.id, "waiting_for_approval");
  await api.engine.reaches(waiting.id, "waiting_for_approval");
  const { hash } = await client.runs.changeSet(rejected.id);
  await approver.client.runs.reject(rejected.id, { hash, reason: "Not on a Friday." });
  await api.engine.reaches(done.id, "succeeded");
  await client.secrets.put("database-password", "hunter2-hunter2");
  await client.variables.put("region", "eu-central-1");
  await client.teams.create({ name: "platform" });
  await client.triggers.create({
    name: "nightly",
    environment: "dev",
    runbook: "test.look",
    source: { kind: "schedule", cron: "0 3 * * *" },
  });
  await client.freezes.create({
    reason: "Holidays",
    times: { kind: "once", from: "2030-12-24T00:00:00Z", until: "2030-12-27T00:00:00Z" },
  });
  await client.serviceAccounts.create({ name: "pipeline" });
}
