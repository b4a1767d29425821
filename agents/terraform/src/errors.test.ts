import { ToolFailedError } from "@gantry/sdk";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { classify } from "./errors.ts";

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/1.11.4/${name}`, import.meta.url), "utf8");
const failed = (stdout: string, stderr = "") =>
  new ToolFailedError("terraform", ["apply"], { exitCode: 1, stdout, stderr, durationMs: 1 });
const line = (summary: string, detail = "") =>
  JSON.stringify({ type: "diagnostic", diagnostic: { severity: "error", summary, detail } });

test.each([
  ["terraform_plan_stale", fixture("apply-stale.jsonl")],
  ["terraform_provider_unavailable", fixture("init-no-provider.txt")],
  ["terraform_state_locked", line("Error acquiring the state lock", "HTTP remote state already locked: ID=1")],
  ["terraform_credentials_refused", line("No valid credential sources found")],
  ["terraform_credentials_refused", line("creating EC2 VPC", "api error AuthFailure: AWS was not able to validate")],
  ["terraform_state_unreachable", line("Error loading state: HTTP remote state endpoint requires auth")],
  ["terraform_configuration_invalid", line("Unsupported argument", 'An argument named "x" is not expected here.')],
  ["terraform_configuration_invalid", line("No value for required variable")],
  ["terraform_failed", line("creating S3 Bucket (x)", "BucketAlreadyExists")],
])("what Terraform said is recognised as %s", (code, said) => {
  expect(classify(failed(said), "apply")).toMatchObject({ code, cause: expect.any(ToolFailedError) });
});

test("an error of its own keeps the first diagnostic in the message and all of them in the details", () => {
  const error = classify(
    failed([line("creating S3 Bucket (x)", "BucketAlreadyExists"), line("second")].join("\n")),
    "apply",
  );
  expect(error).toMatchObject({
    message: "terraform apply: creating S3 Bucket (x): BucketAlreadyExists.",
    details: { diagnostics: [{ summary: "creating S3 Bucket (x)" }, { summary: "second" }] },
  });
});

test("a stopped command and a failure without a word stay what they are", () => {
  const silent = failed("", "killed");
  expect(classify(silent, "apply")).toBe(silent);
  const stopped = new ToolFailedError("terraform", ["apply"], silent.outcome, "timeout");
  expect(classify(stopped, "apply")).toBe(stopped);
});
