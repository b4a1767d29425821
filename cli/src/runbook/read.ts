import { existsSync } from "node:fs";
import { describeRunbook, diffRunbooks, runbookJsonSchema, type RunbookChange } from "@gantry/sdk/runbook-file";
import type { Handler } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { Layout } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { hanging } from "../render/text.ts";
import { openRunbook } from "./open-runbook.ts";

type Given = Parameters<Handler<unknown>>[1];

/** `gantry runbook docs` */
export async function printPages(context: Context, { parameters }: Given): Promise<void> {
  for (const file of parameters) context.terminal.data(describeRunbook((await openRunbook(file)).runbook));
}

/** `gantry runbook schema` */
export async function printSchema({ terminal }: Context): Promise<void> {
  terminal.data(JSON.stringify(runbookJsonSchema(), null, 2));
}

/** `gantry runbook diff` */
export async function printChanges(context: Context, { parameters: [before = "", after = ""] }: Given): Promise<void> {
  const changes = await changesBetween(context, before, after);
  const { terminal } = context;
  if (context.json) return terminal.json(changes);
  if (changes.length === 0) return terminal.say("They mean the same.");
  const layout = { paint: terminal.paintData, width: terminal.columns() };
  for (const line of renderChanges(changes, layout)) terminal.data(line);
}

export function renderChanges(changes: readonly RunbookChange[], layout: Layout): string[] {
  return changes.flatMap((change) => renderChange(change, layout));
}

async function changesBetween(context: Context, before: string, after: string): Promise<readonly RunbookChange[]> {
  const files = [before, after].filter((path) => existsSync(path));
  if (files.length === 2) {
    const [old, now] = [await openRunbook(before), await openRunbook(after)];
    return diffRunbooks(old.runbook.shape, now.runbook.shape);
  }
  const at = before.indexOf("@");
  if (files.length === 1 || at < 1) {
    throw new UsageError("Give two files, or name@version and another version.", "gantry runbook diff --help");
  }
  const version = after.slice(after.indexOf("@") + 1);
  const { changes } = await context
    .client()
    .runbooks.diff({ name: before.slice(0, at), version }, { from: before.slice(at + 1) });
  return changes;
}

function renderChange({ of, name, change, breaking, fields }: RunbookChange, { paint, width }: Layout): string[] {
  const style = change === "added" ? "green" : change === "removed" ? "red" : "yellow";
  const head = `${paint(style, change.padEnd(7))} ${of} ${safeLine(name)}${breaking ? paint("red", " (breaking)") : ""}`;
  const inside = of === "runbook" ? fields : change === "changed" ? fields : [];
  return [
    head,
    ...inside.flatMap(({ path, before, after }) =>
      hanging(
        "          ",
        `${safeLine(path)}: ${safeLine(JSON.stringify(before))} → ${safeLine(JSON.stringify(after))}`,
        width,
      ),
    ),
  ];
}
