import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

let api: TestApi;
let cli: TestCli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createTestCli({ url: api.url, key: api.key });
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const nightly = ["trigger", "add", "nightly", "--runbook", "test.look", "-e", "dev", "-p", "at=the gate"];

test("a schedule is added, shown, paused, fired by hand and removed, and its history says what happened", async () => {
  const added = await cli.run([...nightly, "--schedule", "30 2 * * *", "--time-zone", "Europe/Berlin"]);
  expect(added).toMatchObject({ code: 0 });
  expect(added.stderr).toMatch(/nightly runs test\.look on dev at 30 2 \* \* \* \(Europe\/Berlin\); next .* UTC\./);
  const id = added.stdout.trim();
  expect((await cli.run(["trigger", "list"])).stdout).toMatch(/^nightly\tat 30 2 \* \* \*.*\tactive\tnever\n$/);
  expect((await cli.run(["trigger", "show", id])).stdout).toMatch(/with +at: "the gate"/);

  expect((await cli.run(["trigger", "pause", "nightly", "--reason", "moving house"])).stderr).toContain(
    "nightly is paused",
  );
  expect((await cli.run(["trigger", "show", "nightly"])).stdout).toMatch(/paused +by administrator, .*: moving house/);
  expect((await cli.run(["trigger", "resume", "nightly"])).code).toBe(0);

  const run = (await cli.run(["trigger", "fire", "nightly"])).stdout.trim();
  expect((await api.client.runs.get(run)).triggeredBy).toMatchObject({ name: "nightly" });
  expect((await cli.run(["trigger", "history", "nightly"])).stdout).toContain(
    `\tfired\t${run}\tFired by hand by administrator.\t`,
  );

  expect((await cli.run(["trigger", "remove", "nightly"])).stderr).toContain("Removed nightly.");
  expect((await cli.run(["trigger", "list", "--json"])).stdout).toBe("[]\n");
  const gone = await cli.run(["trigger", "show", "nightly"]);
  expect(gone.code).toBe(2);
});

test("its condition and its mapping are changed, and it acts for whoever changed them", async () => {
  const { client } = await api.addPerson("operator", { scopes: ["read", "run"], roles: ["operator"] });
  const { id } = await client.triggers.create({
    name: "pushes",
    environment: "dev",
    runbook: "test.look",
    source: { kind: "schedule", cron: "0 6 * * *" },
    mapping: { at: "payload.branch", by: "payload.who" },
    when: "payload.n > 1",
  });
  const edited = await cli.run(["trigger", "edit", "pushes", "--when", "payload.n > 2", "--map", "at=payload.ref"]);
  expect(edited.stderr).toContain("pushes is changed; it acts for you.");
  expect(await client.triggers.get(id)).toMatchObject({
    when: "payload.n > 2",
    mapping: { at: "payload.ref", by: "payload.who" },
    actor: { name: "administrator" },
  });
  // A condition that is false, then none.
  const fire = ["trigger", "fire", "pushes", "--payload", '{"n":2,"ref":"main","who":"x"}'];
  expect((await cli.run(fire)).stderr).toContain("did not fire: filtered");
  await cli.run(["trigger", "edit", "pushes", "--always", "--unmap", "by"]);
  const run = (await cli.run(fire)).stdout.trim();
  expect((await client.runs.plan(run)).parameters).toEqual({ at: "main" });

  expect((await cli.run(["trigger", "edit", "pushes"])).code).toBe(2);
  expect((await cli.run(["trigger", "edit", "pushes", "--when", "payload."])).stderr).toContain("The condition");
  expect((await client.triggers.get(id)).when).toBeNull();
});

test("what can't work is refused with what is wrong about it", async () => {
  const never = await cli.run([...nightly, "--schedule", "0 0 30 2 *"]);
  expect(never.code).toBe(2);
  expect(never.stderr).toMatch(/no\s+day\s+ever\s+fits\s+it[^]*code trigger_invalid/);
  expect((await cli.run([...nightly, "--schedule", "0 6 * * *", "--time-zone", "Mars/Olympus"])).stderr).toMatch(
    /there is no\s+such\s+time\s+zone/,
  );
  expect((await cli.run([...nightly, "--schedule", "0 6 * * *", "--when", "payload."])).stderr).toContain(
    "The condition",
  );
  expect((await cli.run(nightly)).code).toBe(2);
});
