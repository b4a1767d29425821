import { z } from "zod";
import type { Counts, Diagnostic } from "./schemas.ts";

/** What happens to one object. `replace` is a destroy and a create. */
export type Action = "create" | "update" | "replace" | "delete" | "forget" | "import" | "move" | "none";

export interface ResourceChange {
  address: string;
  action: Action;
  before: unknown;
  after: unknown;
  afterUnknown: unknown;
  beforeSensitive: unknown;
  afterSensitive: unknown;
  /** Attributes that force a replacement. */
  replacedBecause: string[];
}

export interface RawOutputChange extends Omit<ResourceChange, "address" | "action" | "replacedBecause"> {
  name: string;
  action: "create" | "update" | "delete" | "none";
}

/** A Terraform plan as `show -json` tells it, reduced to what is asked of it. Holds values that may be sensitive. */
export interface TerraformPlan {
  version: string;
  resources: ResourceChange[];
  outputs: RawOutputChange[];
  /**
   * Every text and number that a mask hides somewhere in the plan. Providers copy sensitive arguments into attributes of their
   * own, which Terraform doesn't mark (`terraform_data.output` is one), so they are hidden by value too.
   */
  secrets: (string | number)[];
}

const Change = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
  importing: z.unknown().optional(),
});

const ShownPlan = z.object({
  format_version: z.string().regex(/^1\./, "a plan format that this version of Gantry knows (1.x)"),
  terraform_version: z.string().default("unknown"),
  resource_changes: z
    .array(z.object({ address: z.string(), mode: z.string(), previous_address: z.string().optional(), change: Change }))
    .default([]),
  output_changes: z.record(z.string(), Change).default({}),
  variables: z.record(z.string(), z.object({ value: z.unknown().optional() })).default({}),
  configuration: z
    .object({
      root_module: z
        .object({ variables: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).default({}) })
        .prefault({}),
    })
    .prefault({}),
});

/** Reads `terraform show -json <plan>`. Data sources are left out: reading changes nothing. @throws {z.ZodError, SyntaxError} */
export function parsePlan(text: string): TerraformPlan {
  const shown = ShownPlan.parse(JSON.parse(text));
  return {
    version: shown.terraform_version,
    resources: shown.resource_changes
      .filter(({ mode }) => mode === "managed")
      .map(({ address, previous_address: previous, change }) => ({
        address,
        action: actionOf(change, previous !== undefined && previous !== address),
        ...valuesOf(change),
        replacedBecause: (change.replace_paths ?? []).map((path) => path.join(".")),
      })),
    outputs: Object.entries(shown.output_changes).map(([name, change]) => ({
      name,
      action: outputActionOf(change.actions),
      ...valuesOf(change),
    })),
    secrets: secretsIn(shown),
  };
}

function secretsIn(shown: z.infer<typeof ShownPlan>): TerraformPlan["secrets"] {
  const found = new Set<string | number>();
  const collect = (value: unknown, mask: unknown): void => {
    if (typeof value === "object" && value !== null)
      for (const [key, part] of Object.entries(value)) collect(part, mask === true || childOf(mask, key));
    else if (mask === true && (typeof value === "string" || typeof value === "number")) found.add(value);
  };
  const changes = [...shown.resource_changes.map(({ change }) => change), ...Object.values(shown.output_changes)];
  for (const { before, after, before_sensitive, after_sensitive } of changes) {
    collect(before, before_sensitive);
    collect(after, after_sensitive);
  }
  const declared = shown.configuration.root_module.variables;
  for (const [name, { value }] of Object.entries(shown.variables)) collect(value, declared[name]?.sensitive === true);
  return [...found];
}

function childOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Counts as policy sees them: a replacement is one added and one destroyed; forgetting, importing and moving are changes. */
export function countChanges(resources: readonly ResourceChange[]): Counts {
  const of = (...actions: Action[]): number => resources.filter(({ action }) => actions.includes(action)).length;
  return {
    add: of("create", "replace"),
    change: of("update", "forget", "import", "move"),
    destroy: of("delete", "replace"),
  };
}

/** The assessed effect: nothing to do only reads. */
export function effectOf(plan: TerraformPlan): "reads" | "changes" | "destroys" {
  if (plan.resources.some(({ action }) => action === "delete" || action === "replace")) return "destroys";
  const quiet = [...plan.resources, ...plan.outputs].every(({ action }) => action === "none");
  return quiet ? "reads" : "changes";
}

function actionOf(change: z.infer<typeof Change>, moved: boolean): Action {
  const { actions } = change;
  const has = (action: string): boolean => actions.includes(action);
  if (has("create") && (has("delete") || has("forget"))) return "replace";
  if (has("create")) return "create";
  if (has("delete")) return "delete";
  if (has("forget")) return "forget";
  if (has("update")) return "update";
  if (change.importing !== undefined && change.importing !== null) return "import";
  if (actions.every((action) => action === "no-op" || action === "read")) return moved ? "move" : "none";
  // An action of a later Terraform: never taken for nothing.
  return "update";
}

function outputActionOf(actions: readonly string[]): RawOutputChange["action"] {
  if (actions.includes("create")) return actions.includes("delete") ? "update" : "create";
  if (actions.includes("delete")) return "delete";
  return actions.every((action) => action === "no-op") ? "none" : "update";
}

function valuesOf(change: z.infer<typeof Change>) {
  return {
    before: change.before,
    after: change.after,
    afterUnknown: change.after_unknown,
    beforeSensitive: change.before_sensitive,
    afterSensitive: change.after_sensitive,
  };
}

const RawDiagnostic = z.object({
  severity: z.string(),
  summary: z.string().default(""),
  detail: z.string().default(""),
  address: z.string().optional(),
  range: z.object({ filename: z.string(), start: z.object({ line: z.int() }) }).optional(),
});

const Validation = z.object({ valid: z.boolean(), diagnostics: z.array(RawDiagnostic).default([]) });

/** Reads `terraform validate -json`. */
export function parseValidation(text: string): { valid: boolean; diagnostics: Diagnostic[] } {
  const { valid, diagnostics } = Validation.parse(JSON.parse(text));
  return { valid, diagnostics: diagnostics.map(toDiagnostic) };
}

const StreamLine = z.object({
  type: z.string(),
  diagnostic: RawDiagnostic.optional(),
  changes: z.object({ add: z.int(), change: z.int(), remove: z.int(), operation: z.string() }).optional(),
  outputs: z.record(z.string(), z.object({ sensitive: z.boolean(), value: z.unknown().optional() })).optional(),
  hook: z.object({ resource: z.object({ addr: z.string() }) }).optional(),
  terraform: z.string().optional(),
  tofu: z.string().optional(),
});

export interface Stream {
  version: string | undefined;
  diagnostics: Diagnostic[];
  /** Of the last summary; null when there was none, as after an interruption. */
  counts: Counts | null;
  outputs: Record<string, { sensitive: boolean; value?: unknown }>;
  /** Addresses whose apply ended well. */
  applied: string[];
  /** Addresses whose apply began and did not end well. */
  unfinished: string[];
}

/** Reads the lines that `plan -json` and `apply -json` print. Lines that aren't JSON, and the half line of a killed one, are skipped. */
export function parseStream(text: string): Stream {
  const stream: Stream = {
    version: undefined,
    diagnostics: [],
    counts: null,
    outputs: {},
    applied: [],
    unfinished: [],
  };
  for (const line of text.split("\n")) {
    const parsed = StreamLine.safeParse(parseJson(line));
    if (parsed.success) takeLine(stream, parsed.data);
  }
  return stream;
}

function takeLine(stream: Stream, line: z.infer<typeof StreamLine>): void {
  const address = line.hook?.resource.addr;
  if (line.type === "version") stream.version = line.terraform ?? line.tofu;
  else if (line.type === "diagnostic" && line.diagnostic) stream.diagnostics.push(toDiagnostic(line.diagnostic));
  else if (line.type === "change_summary" && line.changes) {
    const { add, change, remove } = line.changes;
    stream.counts = { add, change, destroy: remove };
  } else if (line.type === "outputs" && line.outputs) stream.outputs = line.outputs;
  else if (line.type === "apply_start" && address !== undefined) stream.unfinished.push(address);
  else if (line.type === "apply_complete" && address !== undefined) {
    stream.applied.push(address);
    stream.unfinished = stream.unfinished.filter((other) => other !== address);
  }
}

/** Reads the errors out of text meant for people, as `init` prints them: `Error: summary`, then detail, `on main.tf line 3`. */
export function parseTextDiagnostics(text: string): Diagnostic[] {
  const plain = text.replace(/^[│╷╵]\s?/gm, "");
  return plain
    .split(/^(?=(?:Error|Warning): )/m)
    .filter((block) => /^(Error|Warning): /.test(block))
    .map((block) => {
      const [first = "", ...rest] = block.split("\n");
      const place = /^\s*on (\S+) line (\d+)/m.exec(block);
      return {
        severity: first.startsWith("Error") ? "error" : "warning",
        summary: first.replace(/^(Error|Warning): /, "").trim(),
        detail: rest
          .map((line) => line.trim())
          .filter((line) => line !== "")
          .join(" "),
        ...(place?.[1] === undefined ? {} : { file: place[1], line: Number(place[2]) }),
      };
    });
}

function toDiagnostic({ severity, summary, detail, address, range }: z.infer<typeof RawDiagnostic>): Diagnostic {
  return {
    severity: severity === "warning" ? "warning" : "error",
    summary,
    detail,
    ...(range === undefined ? {} : { file: range.filename, line: range.start.line }),
    ...(address === undefined ? {} : { address }),
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
