import { factsOfThoughts, type JsonObject, type Thought, type ToolContext } from "@gantry/sdk";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { terraformIn } from "./command.ts";
import { configurationInvalid, TerraformFailedError } from "./errors.ts";
import { fetchSource } from "./fetch.ts";
import { brokenRules, type SourceFile } from "./rules.ts";
import { FileName, type Binary, type Configuration, type Diagnostic, type Source } from "./schemas.ts";
import { validateConfiguration } from "./validate.ts";

const Written = z.strictObject({
  files: z
    .array(z.strictObject({ name: z.string(), content: z.string() }))
    .describe("Each whole, also those that stay"),
  summary: z.string().describe("What the configuration does, in at most three sentences"),
});
const written = z.toJSONSchema(Written) as JsonObject;

/** Times that files are written before it is given up. */
const mostRounds = 5;
const mostShown = 100_000;

interface Wish {
  wish: string;
  source?: Source | undefined;
  providers: readonly string[];
  binary?: Binary | undefined;
}

/**
 * Has a model write a configuration, and write it again with what `terraform validate` and the built-in rules object to, until neither does. Files
 * that break a rule are not given to Terraform at all.
 *
 * @throws configurationInvalid with what is still wrong after the last round
 */
export async function writeConfiguration({ wish, source, providers, binary }: Wish, ctx: ToolContext) {
  const given = source === undefined ? [] : await filesOf(source, ctx);
  const thoughts: Thought[] = [];
  let last: readonly SourceFile[] = given;
  let problems: Diagnostic[] = [];
  for (let round = 1; round <= mostRounds; round += 1) {
    const thought = await ctx.think({
      goal: questionOf(wish, last, problems),
      output: written,
      tools: [],
      ...(given.length > 0 && { tainted: ["source"] }),
    });
    thoughts.push(thought);
    const { files, summary } = Written.parse(thought.output);
    last = files;
    problems = [...wrongNames(files), ...brokenRules(files, providers)];
    if (problems.length === 0) {
      const made = await tried(files, { directory: `round-${round}`, binary }, ctx);
      if (made.problems.length === 0) {
        for (const { name, content } of made.files) await ctx.artifact(name, content, "text/plain; charset=utf-8");
        const contents = Object.fromEntries(made.files.map(({ name, content }) => [name, content]));
        return {
          configuration: made.configuration,
          files: contents,
          summary,
          rounds: round,
          ...factsOfThoughts(...thoughts),
        };
      }
      problems = made.problems;
    }
    ctx.log(`round ${round}: ${problems.map(({ summary: what }) => what).join("; ")}`);
  }
  throw configurationInvalid(problems);
}

function questionOf(wish: string, files: readonly SourceFile[], problems: readonly Diagnostic[]): string {
  const shown = files.length === 0 ? "" : `\n\nThe files as they are:\n${JSON.stringify(files).slice(0, mostShown)}`;
  const objections = problems.slice(0, 50).map(({ file, line, summary, detail }) => {
    const where = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
    return `\n- ${where}${summary}. ${detail}`;
  });
  return `${wish}${shown}${objections.length === 0 ? "" : `\n\nWhat is wrong with them:${objections.join("")}`}`;
}

function wrongNames(files: readonly SourceFile[]): Diagnostic[] {
  const wrong = files.filter(({ name }) => !FileName.safeParse(name).success || !name.endsWith(".tf"));
  const found = wrong.map(({ name }): Diagnostic => ({
    severity: "error",
    summary: `${JSON.stringify(name)} is no name of a file here`,
    detail: "Names are relative, of letters, digits, '.', '_' and '-', and end in .tf.",
  }));
  if (files.length > 0) return found;
  return [{ severity: "error", summary: "There is no file", detail: "Write at least main.tf." }];
}

/** Formats the files and has Terraform check them. */
async function tried(
  files: readonly SourceFile[],
  { directory, binary }: { directory: string; binary: Binary | undefined },
  ctx: ToolContext,
): Promise<{ configuration: Configuration; files: SourceFile[]; problems: Diagnostic[] }> {
  for (const { name, content } of files) {
    const path = join(ctx.workdir, directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  // What can't be parsed stays as it is; validate says why.
  await terraformIn(ctx, { binary, directory })(["fmt", "-recursive", "-no-color"], {
    okExitCodes: [0, 2],
    network: "none",
  });
  const configuration = { files: await ctx.files.save(directory), path: "" };
  const formatted = await readAll(join(ctx.workdir, directory));
  const diagnostics = await validateConfiguration(
    { configuration, binary, mustBeValid: false, mustBeFormatted: false, directory: `${directory}-checked` },
    ctx,
  ).then((checked) => checked.diagnostics, notBegun);
  return { configuration, files: formatted, problems: diagnostics.filter(({ severity }) => severity === "error") };
}

/** `terraform init` parses the files, too. What may be otherwise the next time isn't theirs. */
function notBegun(error: unknown): Diagnostic[] {
  if (!(error instanceof TerraformFailedError) || error.retryable) throw error;
  return [...(error.details["diagnostics"] as readonly Diagnostic[])];
}

async function filesOf(source: Source, ctx: ToolContext): Promise<SourceFile[]> {
  const { configuration } = await fetchSource(source, ctx);
  await ctx.files.restore(configuration.files, "given");
  return (await readAll(join(ctx.workdir, "given", configuration.path))).filter(({ name }) => name.endsWith(".tf"));
}

async function readAll(directory: string): Promise<SourceFile[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.toSorted().map(async (path) => ({
      name: path.slice(directory.length + 1),
      content: await readFile(path, "utf8"),
    })),
  );
}
