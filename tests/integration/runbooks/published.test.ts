import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

const source = (version: string, { to = "${{ parameters.to }}", more = "" } = {}): string => `
name: shop.greet
version: ${version}
title: Greet
parameters:
  to: {type: text, help: Whom}
steps:
  - id: look
    tool: test.look
    input:
      at: ${to}
${more}`;

const including = (of: string): string => `
name: shop.both
version: 1.0.0
title: Both
steps:
  - id: greet
    include: shop.greet@${of}
    parameters: {to: everybody}
  - id: change
    tool: test.change
    input: {to: "\${{ steps.greet.output.look.at }}"}
`;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const publish = (version: string, text = source(version), name = "shop.greet") =>
  api.client.runbooks.publish({ name, version }, { source: text });

test("a published runbook is listed, planned and run like an installed one, in the version that the run keeps", async () => {
  const { client } = api;
  const published = await publish("1.0.0");
  expect(published).toMatchObject({ origin: "published", current: true, actor: "administrator", problems: [] });
  const listed = (await client.runbooks.list()).items.map(({ name, origin }) => `${origin} ${name}`);
  expect(listed).toEqual(expect.arrayContaining(["published shop.greet", "agent test.look"]));
  expect(await client.runbooks.get("shop.greet")).toMatchObject({
    title: "Greet",
    parameters: { properties: { to: { type: "string", description: "Whom" } }, required: ["to"] },
  });
  const run = await client.runs.create({ runbook: "shop.greet", parameters: { to: "you" }, environment: "dev" });
  await publish("1.1.0", source("1.1.0", { to: "elsewhere" }));
  expect(await client.runs.plan(run.id)).toMatchObject({
    runbook: { name: "shop.greet", version: "1.0.0", digest: published.digest },
    steps: [{ id: "look", input: { at: "you" } }],
  });
  const [newest, pinned] = await Promise.all(
    ["shop.greet", "shop.greet@1.0.0"].map((runbook) =>
      client.plans.create({ runbook, parameters: { to: "you" }, environment: "dev" }),
    ),
  );
  expect(newest?.plan.steps).toMatchObject([{ input: { at: "elsewhere" } }]);
  expect(pinned?.plan).toMatchObject({
    runbook: { name: "shop.greet", version: "1.0.0" },
    steps: [{ input: { at: "you" } }],
  });
});

test("what is published never changes: the same file is no change, another one is refused", async () => {
  const first = await publish("2.0.0");
  expect(await publish("2.0.0")).toEqual(first);
  expect(await refusalOf(publish("2.0.0", source("2.0.0", { to: "x" })))).toEqual([409, "runbook_version_taken"]);
  expect(await refusalOf(publish("2.0.1", source("2.0.2")))).toEqual([422, "runbook_identity"]);
  const stolen = source("1.0.0").replace("shop.greet", "test.look");
  expect(await refusalOf(publish("1.0.0", stolen, "test.look"))).toEqual([409, "runbook_installed"]);
});

test("a file with errors isn't published, and every error comes with its place", async () => {
  const response = await api.request("/api/v1/runbooks/shop.greet/versions/3.0.0", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: source("3.0.0", { to: "${{ parameters.too }}", more: "tilte: x\n" }),
      file: "greet.yaml",
    }),
  });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    code: "runbook_invalid",
    errors: [
      { path: "greet.yaml:11:15", message: 'There is no parameter "too". Did you mean "to"?' },
      { path: "greet.yaml:12:1", message: 'There is no field "tilte" here. Did you mean "title"?' },
    ],
  });
});

test("includes are found among what was published, and pinned to it", async () => {
  await publish("4.0.0");
  expect(await refusalOf(publish("1.0.0", including("9.9.9"), "shop.both"))).toEqual([422, "runbook_invalid"]);
  await publish("1.0.0", including("4.0.0"), "shop.both");
  await publish("4.1.0", source("4.1.0", { to: "elsewhere" }));
  const { plan } = await api.client.plans.create({ runbook: "shop.both", environment: "dev" });
  expect(plan.steps).toMatchObject([
    { id: "greet_look", input: { at: "everybody" } },
    { id: "change", input: { to: { $ref: ["greet_look", "at"] } } },
  ]);
});

test("versions are listed newest first, compared, deprecated and restored", async () => {
  const { client } = api;
  const versions = async () => (await client.runbooks.versions("shop.greet")).items;
  const before = (await versions()).map(({ version }) => version);
  expect(before).toEqual([...before].toSorted().toReversed());
  await client.runbooks.deprecate(
    { name: "shop.greet", version: "1.0.0" },
    { since: "1.1.0", use: "shop.greet@1.1.0" },
  );
  expect((await versions()).at(-1)).toMatchObject({ version: "1.0.0", deprecated: { use: "shop.greet@1.1.0" } });
  expect((await client.runbooks.get("shop.greet@1.0.0")).deprecated).toEqual({
    since: "1.1.0",
    use: "shop.greet@1.1.0",
  });
  await client.runbooks.restore({ name: "shop.greet", version: "1.0.0" });
  expect((await versions()).at(-1)).toMatchObject({ version: "1.0.0", deprecated: null });
  const { changes } = await client.runbooks.diff({ name: "shop.greet", version: "1.1.0" }, { from: "1.0.0" });
  expect(changes).toEqual([
    {
      of: "step",
      name: "look",
      change: "changed",
      breaking: false,
      fields: [{ path: "input.at", before: "${{ parameters.to }}", after: "elsewhere" }],
    },
  ]);
  expect((await client.runbooks.source({ name: "shop.greet", version: "1.1.0" })).source).toContain("at: elsewhere");
});

test("another organization sees and runs none of it, and may publish the same name", async () => {
  const tenant = await api.addTenant("other");
  const { client } = tenant;
  expect((await client.runbooks.list()).items.map(({ origin }) => origin)).not.toContain("published");
  const wanted = { runbook: "shop.greet", parameters: { to: "you" }, environment: "dev" };
  expect(await refusalOf(client.plans.create(wanted))).toEqual([404, "runbook_unknown"]);
  await client.runbooks.publish(
    { name: "shop.greet", version: "1.0.0" },
    { source: source("1.0.0", { to: "theirs" }) },
  );
  expect((await client.plans.create(wanted)).plan.steps).toMatchObject([{ input: { at: "theirs" } }]);
});

test("files are checked and planned without being kept", async () => {
  const files = [{ file: "greet.yaml", text: source("7.0.0") }];
  expect(await api.client.runbooks.check({ files })).toEqual({ problems: [] });
  const { plan, decision } = await api.client.runbooks.render({ files, parameters: { to: "a" }, environment: "dev" });
  expect([plan.runbook?.version, decision?.result]).toEqual(["7.0.0", "allow"]);
  expect((await api.client.runbooks.versions("shop.greet")).items.map(({ version }) => version)).not.toContain("7.0.0");
});
