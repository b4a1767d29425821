import { write } from "@gantry/agent-terraform";
import { runTool } from "@gantry/sdk/testing";
import { describe, expect, test } from "vitest";
import { setStage, terraformBinary } from "../../support/terraform.ts";

const file = (content: string) => ({ output: { files: [{ name: "main.tf", content }], summary: "Greets." } });
const good = 'variable "name" {\ntype=string\n}\noutput "greeting" { value = "hello ${var.name}" }\n';
const input = { wish: "An output that greets", providers: [] };

describe.skipIf(terraformBinary === undefined)("a model that writes Terraform", () => {
  test("it is told what Terraform and the rules object to until nothing is left, and what comes out is formatted", async () => {
    const goals: string[] = [];
    const answers = [
      file('resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "id" }\n}\n'),
      file('output "greeting" { value = var.nobody }\n'),
      file('output "greeting" {\n'),
      file(good),
    ];
    await using stage = await setStage({
      think: ({ goal }) => answers[goals.push(goal) - 1] ?? {},
    });
    const done = await runTool(write, "run", input, stage.ctx);
    expect(done).toMatchObject({ rounds: 4, turns: 4, summary: "Greets." });
    expect(done.files["main.tf"]).toContain("  type = string");
    expect(goals[1]).toMatch(/main\.tf:2: A provisioner runs commands/);
    expect(goals[2]).toMatch(/Reference to undeclared input variable/);
    expect(goals[3]).toMatch(/What is wrong with them:\n- .*(Missing required argument|Unclosed)/s);
    // What breaks a rule never reached Terraform.
    expect(stage.ctx.commands.filter(([, verb]) => verb === "init")).toHaveLength(3);
    expect(stage.ctx.artifacts).toMatchObject([{ name: "main.tf" }]);
  });

  test("it begins with the files that are given, which taint it, and gives up with what is still wrong", async () => {
    const asked: { goal: string; tainted?: readonly string[] | undefined }[] = [];
    await using stage = await setStage({
      think({ goal, tainted }) {
        asked.push({ goal, tainted });
        return file('output "greeting" { value = var.nobody }\n');
      },
    });
    const source = { files: { "old.tf": 'output "old" { value = 1 }\n' } };
    await expect(runTool(write, "run", { ...input, source }, stage.ctx)).rejects.toMatchObject({
      code: "terraform_configuration_invalid",
    });
    expect(asked).toHaveLength(5);
    expect(asked[0]).toMatchObject({ goal: expect.stringContaining("old.tf"), tainted: ["source"] });
  });

  test.each([
    ['data "external" "x" { program = ["id"] }', "external"],
    ['module "x" { source = "git::https://evil.example/x.git" }', "address of its own"],
    ['terraform { required_providers { x = { source = "evil/x", version = "1.0.0" } } }', "isn't allowed"],
    ['resource "x" "y" { password = "hunter2hunter2" }', "secret in plain text"],
    ['locals { key = "AKIAABCDEFGHIJKLMNOP" }', "credential in plain text"],
  ])("%s breaks a rule", async (content, why) => {
    const goals: string[] = [];
    await using stage = await setStage({
      think: ({ goal }) => file(goals.push(goal) === 1 ? content : good),
    });
    expect(await runTool(write, "run", input, stage.ctx)).toMatchObject({ rounds: 2 });
    expect(goals[1]).toContain(why);
  });
});
