import { apply, fetchConfiguration, plan, validate } from "@gantry/agent-terraform";
import { runTool } from "@gantry/sdk/testing";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { setStage, terraformBinary, type Stage } from "../../support/terraform.ts";
import { applied, noSecrets, planned } from "./steps.ts";

const data = (name: string, input: string, more = "") =>
  `resource "terraform_data" "${name}" {\n  input = ${JSON.stringify(input)}\n${more}}\n`;
const first = data("first", "one");
const second = data("second", "two");

describe.skipIf(terraformBinary === undefined)("Terraform with built-in resources", () => {
  test("a configuration is planned, previewed, applied and verified; only apply writes the state", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const made = await planned(ctx, { "main.tf": first + second });
    expect(made).toMatchObject({
      changed: true,
      counts: { add: 2, change: 0, destroy: 0 },
      effect: "changes",
      touches: ["terraform_data.first", "terraform_data.second"],
      plan: { prior: null, destroy: false },
    });
    expect(made.diff).toContain(
      '+ terraform_data.first will be created\n    + id = (known after apply)\n    + input = "one"',
    );

    const input = { plan: made.plan, ...noSecrets };
    const preview = await runTool(apply, "preview", input, await ctx.next());
    expect(preview).toMatchObject({ effect: "changes", counts: made.counts, touches: made.touches, diff: made.diff });
    expect(preview.summary).toBe('In "network": create 2 objects.');
    expect(preview.undo).toEqual({
      possible: true,
      how: "Everything that was created is destroyed; the state was empty before.",
      limits: [],
    });
    expect(states.versions("network")).toEqual([]);

    const output = await runTool(apply, "run", input, await ctx.next());
    expect(output).toMatchObject({ counts: { add: 2, change: 0, destroy: 0 }, before: null, after: { resources: 2 } });
    const verification = await runTool(apply, "verify", input, await ctx.next(), output);
    expect(verification.probes.map(({ passed }) => passed)).toEqual([true, true]);
    expect(states.lock("network")).toBeNull();
  });

  test("planning what is in place finds nothing to do and is assessed as reading", async () => {
    await using stage = await setStage();
    await applied(stage.ctx, { "main.tf": first });
    const again = await planned(stage.ctx, { "main.tf": first });
    expect(again).toMatchObject({ changed: false, effect: "reads", diff: "No changes.", touches: [] });
  });

  test("a change is undone by applying the configuration that was in force before", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const replaced = (trigger: string) => data("third", "three", `  triggers_replace = ["${trigger}"]\n`);
    await applied(ctx, { "main.tf": first + second + replaced("a") });
    const before = resourcesOf(stage);

    const made = await planned(ctx, { "main.tf": data("first", "uno") + replaced("b") + data("fourth", "four") });
    expect(made).toMatchObject({ counts: { add: 2, change: 1, destroy: 2 }, replaced: 1, effect: "destroys" });
    const input = { plan: made.plan, ...noSecrets };
    const { undo } = await runTool(apply, "preview", input, await ctx.next());
    expect(undo.how).toBe("The configuration that was in force before is applied again.");
    expect(undo.limits).toEqual([
      "terraform_data.second: destroyed; it is created anew, without the data it held.",
      "terraform_data.third: destroyed; it is created anew, without the data it held.",
    ]);

    const output = await runTool(apply, "run", input, await ctx.next());
    expect(resourcesOf(stage)).toEqual({ first: "uno", third: "three", fourth: "four" });
    const undone = await runTool(apply, "undo", input, await ctx.next(), output);
    expect(undone.summary).toBe('Undone in "network": 1 removed, 2 changed back, 1 created anew.');
    expect(undone.left).toEqual(undo.limits);
    expect(resourcesOf(stage)).toEqual(before);

    const versions = states.versions("network").length;
    expect((await runTool(apply, "undo", input, await ctx.next(), output)).left).toEqual([]);
    expect(states.versions("network")).toHaveLength(versions);
  });

  test("undoing the first apply removes all of it, once", async () => {
    await using stage = await setStage();
    const { input, output } = await applied(stage.ctx, { "main.tf": first + second });
    const undone = await runTool(apply, "undo", input, await stage.ctx.next(), output);
    expect(undone).toEqual({ summary: 'Undone in "network": 2 removed, 0 changed back, 0 created anew.', left: [] });
    expect(resourcesOf(stage)).toEqual({});
    const again = await runTool(apply, "undo", input, await stage.ctx.next(), output);
    expect(again).toEqual({ summary: 'Nothing of this Terraform plan is in force in "network".', left: [] });
  });

  test("destroying shows every object, and undoing it creates them anew", async () => {
    await using stage = await setStage();
    const { ctx } = stage;
    await applied(ctx, { "main.tf": first + second });
    const made = await planned(ctx, { "main.tf": first + second }, { destroy: true });
    expect(made).toMatchObject({ counts: { add: 0, change: 0, destroy: 2 }, effect: "destroys" });
    const input = { plan: made.plan, ...noSecrets };
    const output = await runTool(apply, "run", input, await ctx.next());
    expect(resourcesOf(stage)).toEqual({});
    const { probes } = await runTool(apply, "verify", input, await ctx.next(), output);
    expect(probes.every(({ passed }) => passed)).toBe(true);
    const undone = await runTool(apply, "undo", input, await ctx.next(), output);
    expect(undone.left).toHaveLength(2);
    expect(resourcesOf(stage)).toEqual({ first: "one", second: "two" });
  });

  test("an apply under a later one isn't undone, and says which way it can be", async () => {
    await using stage = await setStage();
    const { input, output } = await applied(stage.ctx, { "main.tf": first });
    await applied(stage.ctx, { "main.tf": first + second });
    const undone = await runTool(apply, "undo", input, await stage.ctx.next(), output);
    expect(undone.left).toEqual(["All of it, because a later change builds on it. Undo the later one first."]);
    expect(resourcesOf(stage)).toEqual({ first: "one", second: "two" });
  });

  test("objects that Gantry didn't make stay, when the configuration before isn't known", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    await applied(ctx, { "main.tf": first });
    // As if somebody had made it with Terraform alone: the state is there, Gantry's record beside it isn't.
    states.forget("network--configuration");
    const made = await planned(ctx, { "main.tf": data("first", "uno") + second });
    const input = { plan: made.plan, ...noSecrets };
    const preview = await runTool(apply, "preview", input, await ctx.next());
    expect(preview.undo).toEqual({
      possible: true,
      how: "What was created is destroyed.",
      limits: ["terraform_data.first: stays as changed, because the configuration before isn't known."],
    });
    const output = await runTool(apply, "run", input, await ctx.next());
    const undone = await runTool(apply, "undo", input, await ctx.next(), output);
    expect(undone.left).toEqual(preview.undo.limits);
    expect(resourcesOf(stage)).toEqual({ first: "uno" });
  });

  test("undo stops before it touches an object that the change had not", async () => {
    await using stage = await setStage();
    const { ctx, states } = stage;
    const { input, output } = await applied(ctx, { "main.tf": first });
    const record = states.current("network--configuration");
    await applied(ctx, { "main.tf": first + second });
    // A change past Gantry: its record still names the first apply.
    states.put("network--configuration", record ?? {});
    const undone = await runTool(apply, "undo", input, await ctx.next(), output);
    expect(undone.left[0]).toContain("would also touch terraform_data.second");
    expect(resourcesOf(stage)).toEqual({ first: "one", second: "two" });
  });

  test("a Terraform plan whose state has moved on is refused before anything starts", async () => {
    await using stage = await setStage();
    const stale = await planned(stage.ctx, { "main.tf": first });
    await applied(stage.ctx, { "main.tf": second });
    const late = runTool(apply, "run", { plan: stale.plan, ...noSecrets }, await stage.ctx.next());
    await expect(late).rejects.toMatchObject({ code: "terraform_plan_stale" });
    expect(resourcesOf(stage)).toEqual({ second: "two" });
  });

  test("a bundle with another plan file in it is refused", async () => {
    await using stage = await setStage();
    const [shown, other] = [
      await planned(stage.ctx, { "main.tf": first }),
      await planned(stage.ctx, { "main.tf": second }),
    ];
    const swapped = { plan: { ...shown.plan, files: other.plan.files }, ...noSecrets };
    for (const operation of ["preview", "run"] as const)
      await expect(runTool(apply, operation, swapped, await stage.ctx.next())).rejects.toMatchObject({
        code: "terraform_plan_replaced",
      });
    expect(stage.states.versions("network")).toEqual([]);
  });

  test("sensitive values appear in nothing that people see or that is logged", async () => {
    const canary = "hunter2-canary";
    await using stage = await setStage();
    const { ctx } = stage;
    const files = {
      "main.tf": `variable "password" {
  sensitive = true
}
resource "terraform_data" "user" {
  input = { name = "app", password = var.password }
}
output "password" {
  value     = var.password
  sensitive = true
}
output "name" {
  value = "app"
}
`,
    };
    const secrets = { secretVariables: { password: canary } };
    const made = await planned(ctx, files, secrets);
    expect(made.diff).toContain("input.password = (sensitive value)");
    expect(made.outputs).toContainEqual({
      name: "password",
      action: "create",
      sensitive: true,
      after: "(sensitive value)",
    });
    const input = { plan: made.plan, ...noSecrets, ...secrets };
    const preview = await runTool(apply, "preview", input, await ctx.next());
    const output = await runTool(apply, "run", input, await ctx.next());
    expect(output.outputs).toEqual({
      name: { sensitive: false, value: "app" },
      password: { sensitive: true, value: null },
    });
    const changed = await planned(ctx, files, { secretVariables: { password: `${canary}-2` } });
    expect(changed.diff).toContain("input.password = (sensitive value)");
    const verification = await runTool(apply, "verify", input, await ctx.next(), output);
    const seen = JSON.stringify([made, preview, output, changed, verification, ctx.logs, ctx.commands, ctx.outcomes]);
    expect(seen).not.toContain(canary);
    for (const { path } of ctx.artifacts) expect(await readFile(path, "utf8")).not.toContain(canary);
  });

  test("a variable that isn't secret is planned, applied and verified with its value", async () => {
    await using stage = await setStage();
    const { ctx } = stage;
    const files = { "main.tf": `variable "size" {}\n${data("first", "x").replace('"x"', "var.size")}` };
    const { input, output } = await applied(ctx, files, { variables: { size: "large" } });
    expect(resourcesOf(stage)).toEqual({ first: "large" });
    const { probes } = await runTool(apply, "verify", input, await ctx.next(), output);
    expect(probes.every(({ passed }) => passed)).toBe(true);
  });

  test("drift that the verification finds is named", async () => {
    await using stage = await setStage();
    const { input, output } = await applied(stage.ctx, { "main.tf": first + second });
    const state = stage.states.current("network") as { serial: number; resources: { name: string }[] };
    stage.states.put("network", {
      ...state,
      serial: state.serial + 1,
      resources: state.resources.filter(({ name }) => name !== "second"),
    });
    const { probes } = await runTool(apply, "verify", input, await stage.ctx.next(), output);
    expect(probes[0]).toMatchObject({ passed: false, actual: "still to do: terraform_data.second" });
  });

  test("errors in a configuration come with file and line; a missing format is reported but passes", async () => {
    await using stage = await setStage();
    const { ctx } = stage;
    const configurationOf = async (content: string) =>
      (await runTool(fetchConfiguration, "run", { source: { files: { "main.tf": content } } }, await ctx.next()))
        .configuration;
    const wrong = await configurationOf(`${first}resource "terraform_data" "x" {\n  inputs = 1\n}\n`);
    const input = { configuration: wrong, mustBeValid: true, mustBeFormatted: false };
    await expect(runTool(validate, "run", input, await ctx.next())).rejects.toMatchObject({
      code: "terraform_configuration_invalid",
      message: expect.stringContaining("(main.tf line 5)"),
    });
    const reported = await runTool(validate, "run", { ...input, mustBeValid: false }, await ctx.next());
    expect(reported.diagnostics[0]).toMatchObject({ severity: "error", file: "main.tf", line: 5 });

    const crooked = await configurationOf(`resource "terraform_data" "x" {\ninput   = 1\n}\n`);
    const checked = await runTool(validate, "run", { ...input, configuration: crooked }, await ctx.next());
    expect(checked).toMatchObject({ valid: true, formatted: false, unformatted: ["main.tf"] });
    await expect(
      runTool(validate, "run", { ...input, configuration: crooked, mustBeFormatted: true }, await ctx.next()),
    ).rejects.toMatchObject({ code: "terraform_configuration_invalid" });
  });

  test("what Terraform refuses becomes an error that says what to do", async () => {
    await using stage = await setStage();
    const unknownProvider = `terraform {
  required_providers {
    nothing = { source = "registry.invalid/none/nothing" }
  }
}
`;
    await expect(planned(stage.ctx, { "main.tf": unknownProvider })).rejects.toMatchObject({
      code: "terraform_provider_unavailable",
      retryable: true,
    });
    await expect(planned(stage.ctx, { "main.tf": `variable "size" {}\n` })).rejects.toMatchObject({
      code: "terraform_configuration_invalid",
    });
    await expect(planned(stage.ctx, { "main.tf": `resource "terraform_data" "x" {` })).rejects.toMatchObject({
      code: "terraform_configuration_invalid",
    });
  });

  test("a configuration can't point the state past Gantry, and a backend block of its own is overridden", async () => {
    await using stage = await setStage();
    const local = `terraform {\n  backend "local" {}\n}\n`;
    await expect(planned(stage.ctx, { "main.tf": first, "z_override.tf": local })).rejects.toMatchObject({
      code: "terraform_configuration_invalid",
    });
    await applied(stage.ctx, { "main.tf": local + first });
    expect(resourcesOf(stage)).toEqual({ first: "one" });
  });

  test("a plan without any resource still carries its outputs", async () => {
    await using stage = await setStage();
    const { output } = await applied(stage.ctx, { "main.tf": `output "a" {\n  value = 1\n}\n` });
    expect(output).toMatchObject({ counts: { add: 0 }, outputs: { a: { value: 1 } } });
  });

  test("planning what has built-in resources only takes few commands", async () => {
    await using stage = await setStage();
    await planned(stage.ctx, { "main.tf": first });
    const verbs = stage.ctx.commands.map(([, verb]) => verb);
    expect(verbs).toEqual(["version", "init", "plan", "show"]);
    expect(plan.spec.effect).toBe("drafts");
  });
});

/** Input of each `terraform_data` in the newest state, by name. */
function resourcesOf({ states }: Stage): Record<string, unknown> {
  const state = states.current("network") as {
    resources: { name: string; instances: { attributes: { input: { value: unknown } | string } }[] }[];
  } | null;
  return Object.fromEntries(
    (state?.resources ?? []).map(({ name, instances }) => {
      const input = instances[0]?.attributes.input;
      return [name, typeof input === "object" ? input.value : input];
    }),
  );
}
