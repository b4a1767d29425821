import type { ToolContext } from "@gantry/sdk";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { init, terraformIn } from "./command.ts";
import { configurationInvalid } from "./errors.ts";
import { parseValidation } from "./parse.ts";
import type { Binary, Configuration, Diagnostic } from "./schemas.ts";

export interface Validated {
  valid: boolean;
  formatted: boolean;
  unformatted: string[];
  diagnostics: Diagnostic[];
}

/** Checks format and meaning without touching any state. */
export async function validateConfiguration(
  input: {
    configuration: Configuration;
    binary?: Binary | undefined;
    mustBeValid: boolean;
    mustBeFormatted: boolean;
    /** Where it is put; in the working directory. */
    directory?: string;
  },
  ctx: ToolContext,
): Promise<Validated> {
  const { configuration, directory: root = "configuration" } = input;
  await ctx.files.restore(configuration.files, root);
  const directory = join(root, configuration.path);
  const terraform = terraformIn(ctx, { binary: input.binary, directory });

  // 3: some files aren't formatted; 2: some can't be parsed, which validate explains better.
  const format = await terraform(["fmt", "-check", "-list=true", "-recursive", "-no-color"], {
    okExitCodes: [0, 2, 3],
    network: "none",
  });
  const unformatted = format.stdout.split("\n").filter((line) => line !== "");
  await init(terraform, { backend: false });
  await terraform(["validate", "-json", "-no-color"], { okExitCodes: [0, 1], stdoutFile: `${root}.validation.json` });
  const { valid, diagnostics } = parseValidation(await readFile(join(ctx.workdir, `${root}.validation.json`), "utf8"));

  for (const { severity, summary, file, line } of diagnostics)
    ctx.log(`${severity}: ${summary}`, { file: file ?? null, line: line ?? null });
  if (!valid && input.mustBeValid)
    throw configurationInvalid(diagnostics.filter(({ severity }) => severity === "error"));
  if (unformatted.length > 0 && input.mustBeFormatted)
    throw configurationInvalid(unformatted.map((file) => unformattedFile(file)));
  return { valid, formatted: format.exitCode === 0, unformatted, diagnostics };
}

function unformattedFile(file: string): Diagnostic {
  return { severity: "error", summary: "File isn't formatted", detail: "Run terraform fmt on it.", file };
}
