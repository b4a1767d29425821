import { expect, test } from "vitest";
import { requireMinimumVersion } from "./tool-version.ts";

test("a version is found in JSON and in plain text", () => {
  expect(requireMinimumVersion("terraform", '{"terraform_version": "1.11.4"}', "1.5.0")).toBe("1.11.4");
  expect(requireMinimumVersion("git", "git version 2.43.0\n", "2.30")).toBe("2.43.0");
  expect(requireMinimumVersion("helm", "v3.14.2+gc309b6f", "3.0.0")).toBe("3.14.2");
});

test("an older version and a pre-release of the minimum are refused with both versions in the message", () => {
  expect(() => requireMinimumVersion("terraform", "Terraform v1.4.9", "1.5.0")).toThrow(/1\.4\.9.*1\.5\.0/);
  expect(() => requireMinimumVersion("terraform", "Terraform v1.5.0-rc1", "1.5.0")).toThrow(/at least 1\.5\.0/);
});

test("an answer without a version is not taken for a new one", () => {
  expect(() => requireMinimumVersion("terraform", "command not recognised", "1.5.0")).toThrow(
    /did not tell its version/,
  );
});
