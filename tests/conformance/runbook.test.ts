import { cel, defineRunbook, defineTool, digestOf, factsOf, join, makePlan, secret, type Runbook } from "@gantry/sdk";
import { loadRunbooks } from "@gantry/sdk/runbook-file";
import { expect, test } from "vitest";
import { z } from "zod";
import { agent as deployment } from "../../agents/deployment/src/index.ts";
import { agent as terraform } from "../../agents/terraform/src/index.ts";

const any = z.json();
const tool = defineTool({
  name: "kit.do",
  version: "1.0.0",
  title: "Do",
  effect: "changes",
  input: any,
  output: any as unknown as z.ZodType<{ hosts: { name: string; on: boolean }[]; port: number; changed: boolean }>,
  run: async () => ({ hosts: [], port: 1, changed: false }),
});
const installed = [...deployment.spec.tools, ...terraform.spec.tools, tool as never];
const tools = new Map(installed.map((one) => [one.name, { tool: one, facts: factsOf(one, "digest") }]));

interface Pair {
  /** What the two have to agree on. */
  about: string;
  typescript: Runbook;
  yaml: string;
  /** Further files, and what they are in TypeScript. */
  others?: { yaml: string; typescript: Runbook }[];
  given: { parameters: Record<string, unknown>; environment?: string }[];
}

const base = defineRunbook({
  name: "kit.base",
  version: "1.2.0",
  title: "Base",
  parameters: z.object({ to: z.string() }),
  concurrencyKey: ({ to }) => `kit/${to}`,
  plan(plan, { to }) {
    const first = plan.step("first", tool, { to });
    plan.step("last", tool, { port: first.output.port }, { when: cel`${first.output.changed}` });
  },
});
const baseFile = `
name: kit.base
version: 1.2.0
title: Base
parameters: {to: {type: text}}
concurrencyKey: kit/\${{ parameters.to }}
steps:
  - {id: first, tool: kit.do, input: {to: "\${{ parameters.to }}"}}
  - id: last
    tool: kit.do
    when: steps.first.output.changed
    input: {port: "\${{ steps.first.output.port }}"}
`;

const pairs: Pair[] = [
  {
    about: "the deployment agent's way back to an earlier release, written again",
    typescript: deployment.spec.runbooks.find(({ name }) => name === "deploy.rollback") as Runbook,
    given: [{ parameters: { service: "greeter" } }, { parameters: { service: "greeter", to: "3f2a1c0" } }],
    yaml: `
name: deploy.rollback
version: 1.0.0
title: Go back to an earlier release
parameters:
  service: {type: text}
  to: {type: text, optional: true}
onFailure: undo
concurrencyKey: deploy:\${{ environment }}/\${{ parameters.service }}
steps:
  - id: find
    tool: deploy.find
    input: {service: "\${{ parameters.service }}", to: "\${{ parameters.to }}"}
  - id: start
    tool: deploy.wake
    input: &release
      service: \${{ parameters.service }}
      release: \${{ steps.find.output.release }}
      commit: \${{ steps.find.output.commit }}
  - id: probe
    tool: deploy.probe
    after: [start]
    input:
      service: \${{ parameters.service }}
      release: \${{ steps.find.output.release }}
      health: \${{ steps.find.output.health }}
  - {id: switch, tool: deploy.switch, after: [probe], input: *release}
  - id: verify
    tool: deploy.verify
    after: [switch]
    input:
      service: \${{ parameters.service }}
      release: \${{ steps.find.output.release }}
      commit: \${{ steps.find.output.commit }}
      health: \${{ steps.find.output.health }}
      versionPath: \${{ steps.find.output.versionPath }}
      times: 3
  - id: retire
    tool: deploy.retire
    after: [verify]
    input: {service: "\${{ parameters.service }}", release: "\${{ steps.find.output.release }}", drainMs: 30000, keep: 5}
`,
  },
  {
    about: "the Terraform agent's change: titles, a condition, secrets by parameter, defaults",
    typescript: terraform.spec.runbooks.find(({ name }) => name === "terraform.apply") as Runbook,
    given: [
      { parameters: { source: { files: { "main.tf": "" } }, state: "network" } },
      {
        parameters: {
          source: { files: { "main.tf": "" } },
          state: "network",
          variables: { size: 3, tags: ["a"] },
          secretVariables: { password: "db-password" },
          credentials: { AWS_ACCESS_KEY_ID: "aws" },
          binary: "tofu",
        },
      },
    ],
    yaml: `
name: terraform.apply
version: 1.0.0
title: Change infrastructure with Terraform
parameters:
  source: {type: json}
  state: {type: text}
  variables: {type: map, items: {type: json}, default: {}}
  secretVariables: {type: map, items: {type: secret}, default: {}}
  credentials: {type: map, items: {type: secret}, default: {}}
  binary: {type: text, enum: [terraform, tofu], optional: true}
concurrencyKey: terraform/\${{ environment }}/\${{ parameters.state }}
steps:
  - {id: fetch, title: Get the configuration, tool: terraform.fetch, input: {source: "\${{ parameters.source }}"}}
  - id: validate
    title: Check the configuration
    tool: terraform.validate
    input:
      configuration: \${{ steps.fetch.output.configuration }}
      mustBeValid: true
      mustBeFormatted: false
      binary: \${{ parameters.binary }}
  - id: plan
    title: Make the Terraform plan
    tool: terraform.plan
    after: [validate]
    input:
      configuration: \${{ steps.fetch.output.configuration }}
      state: \${{ parameters.state }}
      variables: \${{ parameters.variables }}
      destroy: false
      binary: \${{ parameters.binary }}
      secretVariables: \${{ parameters.secretVariables }}
      credentials: \${{ parameters.credentials }}
  - id: apply
    title: Apply the Terraform plan
    tool: terraform.apply
    when: steps.plan.output.changed
    input:
      plan: \${{ steps.plan.output.plan }}
      secretVariables: \${{ parameters.secretVariables }}
      credentials: \${{ parameters.credentials }}
`,
  },
  {
    about: "loops over lists that are given and that a step gives, with sub-runs",
    typescript: defineRunbook({
      name: "kit.loops",
      version: "1.0.0",
      title: "Loops",
      parameters: z.object({ hosts: z.array(z.string()), skip: z.string().default("z"), tries: z.int() }),
      onFailure: "undo",
      deadlineMs: 7_200_000,
      plan(plan, { hosts, skip, tries }) {
        const found = plan.step("find", tool, { tries: tries * 2 });
        plan.each(
          "given",
          hosts.filter((host) => host !== skip),
          tool,
          (host) => ({ host, url: join`http://${host}:${80}/` }),
          {
            parallel: 4,
            timeoutMs: 90_000,
            retry: { attempts: 3, initialMs: 500 },
            concurrencyKey: "host/x",
            undo: "none",
          },
        );
        plan.each("found", found.output.hosts, tool, (host) => ({ name: host.name, n: found.output.port }), {
          when: "item.on",
        });
        plan.eachSubRun("subs", found.output.hosts, "kit.base@1.2.0", (host) => ({ to: host.name }));
      },
    }),
    given: [{ parameters: { hosts: ["a", "z", "b"], tries: 2 } }, { parameters: { hosts: [], skip: "a", tries: 1 } }],
    yaml: `
name: kit.loops
version: 1.0.0
title: Loops
parameters:
  hosts: {type: list, items: {type: text}}
  skip: {type: text, default: z}
  tries: {type: integer}
onFailure: undo
deadline: 2h
steps:
  - {id: find, tool: kit.do, input: {tries: "\${{ parameters.tries * 2 }}"}}
  - id: given
    tool: kit.do
    each: \${{ parameters.hosts.filter(host, host != parameters.skip) }}
    parallel: 4
    timeout: 90s
    retry: {attempts: 3, initial: 500ms}
    concurrencyKey: host/x
    undo: none
    input: {host: "\${{ item }}", url: "http://\${{ item }}:80/"}
  - id: found
    tool: kit.do
    each: \${{ steps.find.output.hosts }}
    when: item.on
    input: {name: "\${{ item.name }}", n: "\${{ steps.find.output.port }}"}
  - id: subs
    run: kit.base@1.2.0
    each: \${{ steps.find.output.hosts }}
    parameters: {to: "\${{ item.name }}"}
`,
  },
  {
    about: "conditions on parameters, on the environment and on what steps gave; waits; text with references; secrets",
    typescript: defineRunbook({
      name: "kit.conditions",
      version: "1.0.0",
      title: "Conditions",
      parameters: z.object({ least: z.int(), note: z.string().optional() }),
      plan(plan, { least, note }) {
        const first = plan.step("first", tool, { token: secret("registry-token"), run: plan.run.id });
        const noted =
          note === undefined ? undefined : plan.step("note", tool, { text: `Note: ${note}` }, { after: [first] });
        if (plan.environment === "prod")
          plan.wait(
            "agree",
            { kind: "approval", group: "on-call", count: 2, timeoutMs: 3_600_000 },
            { after: [first] },
          );
        plan.wait(
          "pause",
          { kind: "duration", ms: 600_000 },
          { title: "Pause", after: noted ? [first, noted] : [first] },
        );
        plan.wait("go", { kind: "signal", name: "go", timeoutMs: 60_000 });
        plan.step(
          "second",
          tool,
          { url: join`http://${first.output.hosts[0]?.name}:${first.output.port}/${plan.environment}` },
          { when: cel`${first.output.port} > ${least} && ${first.output.changed}` },
        );
        plan.subRun("sub", "kit.base", { to: first.output.hosts[0]?.name });
      },
    }),
    given: [{ parameters: { least: 3 } }, { parameters: { least: 3, note: "x" }, environment: "prod" }],
    yaml: `
name: kit.conditions
version: 1.0.0
title: Conditions
parameters:
  least: {type: integer}
  note: {type: text, optional: true}
steps:
  - {id: first, tool: kit.do, input: {token: '\${{ secrets["registry-token"] }}', run: "\${{ run.id }}"}}
  - {id: note, if: has(parameters.note), tool: kit.do, after: [first], input: {text: "Note: \${{ parameters.note }}"}}
  - {id: agree, if: environment == "prod", wait: {approval: on-call, count: 2, timeout: 1h}, after: [first]}
  - {id: pause, title: Pause, wait: {for: 10m}, after: [first, note]}
  - {id: go, wait: {signal: go, timeout: 60s}}
  - id: second
    tool: kit.do
    when: steps.first.output.port > \${{ parameters.least }} && steps.first.output.changed
    input: {url: "http://\${{ steps.first.output.hosts[0].name }}:\${{ steps.first.output.port }}/\${{ environment }}"}
  - {id: sub, run: kit.base, parameters: {to: "\${{ steps.first.output.hosts[0].name }}"}}
`,
  },
  {
    about: "includes: prefixes, what waits for what, conditions and the key",
    others: [{ yaml: baseFile, typescript: base }],
    typescript: defineRunbook({
      name: "kit.including",
      version: "1.0.0",
      title: "Including",
      parameters: z.object({ to: z.string(), twice: z.boolean() }),
      plan(plan, { to, twice }) {
        const before = plan.step("before", tool, {});
        const one = plan.include("one", base, { to }, { after: [before], when: cel`${before.output.changed}` });
        if (twice) plan.include("two", base, { to }, { after: [one] });
        const output = one.output as never as { last: { port: number }; first: { changed: boolean } };
        plan.step("behind", tool, { port: output.last.port }, { after: [one], when: cel`${output.first.changed}` });
      },
    }),
    given: [{ parameters: { to: "here", twice: false } }, { parameters: { to: "there", twice: true } }],
    yaml: `
name: kit.including
version: 1.0.0
title: Including
parameters: {to: {type: text}, twice: {type: boolean}}
steps:
  - {id: before, tool: kit.do}
  - id: one
    include: kit.base@1.2.0
    after: [before]
    when: steps.before.output.changed
    parameters: {to: "\${{ parameters.to }}"}
  - {id: two, if: parameters.twice, include: kit.base@1.2.0, after: [one], parameters: {to: "\${{ parameters.to }}"}}
  - id: behind
    tool: kit.do
    after: [one]
    when: steps.one.output.first.changed
    input: {port: "\${{ steps.one.output.last.port }}"}
`,
  },
];

test.each(pairs)("TypeScript and YAML give the same plan: $about", ({ typescript, yaml, others = [], given }) => {
  const files = [yaml, ...others.map((one) => one.yaml)].map((text, index) => ({ file: `${index}.yaml`, text }));
  const { runbooks, problems } = loadRunbooks(files, {
    tools: new Set(tools.keys()),
    runbook: () => undefined,
    versions: () => [],
  });
  expect(problems).toEqual([]);
  const fromYaml = runbooks.find(({ file }) => file === "0.yaml")?.runbook as Runbook;
  for (const { parameters, environment = "staging" } of given) {
    const [one, other] = [typescript, fromYaml].map((runbook) =>
      makePlan(
        { tools, runbooks: new Map([[runbook.name, { runbook }]]) },
        { runbook: runbook.name, parameters: parameters as never, environment },
      ),
    );
    expect(other).toEqual(one);
    expect(digestOf(other)).toBe(digestOf(one));
  }
});
