import { expect, test } from "vitest";
import { ToolTooOldError, ToolVersionUnknownError } from "./errors.ts";
import { requireVersion } from "./require-version.ts";

const output = (text: string) => ({
  text,
  bytes: text.length,
  sha256: "",
  truncated: false,
  incomplete: false,
  path: "",
});
const check = (said: string, minimum: string) =>
  requireVersion({
    tool: "terraform",
    minimum,
    ask: async () => ({ stdout: output(said), stderr: output("") }),
    parse: (stdout) => /v(\S+)/.exec(stdout)?.[1] ?? null,
  });

test.each([
  ["1.9.5", "1.9.5"],
  ["1.10.0", "1.9.5"],
  ["2.0", "1.99.99"],
  ["1.9.5", "1.9"],
])("version %s is enough for %s", async (found, minimum) => {
  expect(await check(`Terraform v${found}`, minimum)).toBe(found);
});

test.each([
  ["1.9.4", "1.9.5"],
  ["1.9.0-rc1", "1.9.0"],
  ["0.15", "1.0.0"],
])("version %s is too old for %s, and the error names both", async (found, minimum) => {
  const error = await check(`Terraform v${found}`, minimum).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ToolTooOldError);
  expect(error).toMatchObject({ code: "tool_too_old", details: { tool: "terraform", found, minimum } });
});

test("a tool that tells no version, or something else, is not taken on trust", async () => {
  await expect(check("usage: terraform", "1.0")).rejects.toThrow(ToolVersionUnknownError);
  await expect(check("vhello", "1.0")).rejects.toThrow(ToolVersionUnknownError);
});
