import { Actor, eventData, eventDescriptions, eventTypes, type EventType } from "@gantry/sdk";
import { categoryOf, eventCategories } from "@gantry/sdk/event-bus";
import { createEvent } from "@gantry/sdk/testing";
import { convert } from "./openapi.ts";
import { typeOf } from "./reference.ts";

type Schemas = Record<string, unknown>;

const envelope = {
  type: "what happened; the types are below",
  seq: "its place in the run's history: 1, 2, 3, …, without a gap",
  at: "Unix milliseconds, by the clock of the worker's database",
  actor: `who did it: \`${Object.keys(Actor.shape).join("`, `")}\`; \`kind\` is \`user\`, \`service\` or \`platform\` (a timer, a policy)`,
  data: "the fields of its type",
};

/** `docs/reference/events.md`: every type of event, made from their schemas; a test compares it. */
export function renderEventReference(): string {
  const objects: Schemas = {};
  const sections = eventCategories.flatMap((category) => [
    `## ${category}`,
    ...eventTypes.filter((type) => categoryOf(type) === category).flatMap((type) => renderEvent(type, objects)),
  ]);
  const contents = eventCategories.map((category) => `[${category}](#${category})`).join(", ");
  return `${[
    "# Events",
    "An event is a fact of a run's history: its state is the fold of its events, and lists, streams, notifications and sinks all tell them. `GET /api/v1/runs/{run}/events` has those of a run, `GET /api/v1/events` those of all; both stream (`Accept: text/event-stream`). `gantry runs watch <run> --json` prints them, one a line:",
    code(JSON.stringify(createEvent("run.paused"))),
    table(
      ["Field", "What it is"],
      Object.entries(envelope).map(([name, what]) => [`\`${name}\``, what]),
    ),
    "A newer release may add types and fields: a reader leaves out what it doesn't know. Notifications and sinks choose by category.",
    `Categories: ${contents}. Objects that several have are [at the end](#objects).`,
    ...sections,
    "## Objects",
    ...Object.entries(objects).flatMap(([name, schema]) => [`### ${name}`, fields(schema as Schemas)]),
  ].join("\n\n")}\n`;
}

function renderEvent(type: EventType, objects: Schemas): string[] {
  const { when, since } = eventDescriptions[type];
  return [
    `### ${type}`,
    `${when} Since ${since}.`,
    fields(convert(eventData[type], "output", objects)),
    code(JSON.stringify(createEvent(type).data)),
  ];
}

function fields(schema: Schemas): string {
  const rows = rowsOf(schema, "");
  if (rows.length > 0) return table(["Field", "Type"], rows);
  if (schema["type"] === "object") return "No fields.";
  const { pattern } = schema;
  return `${typeOf(schema)}${typeof pattern === "string" ? ` that fits \`${pattern}\`` : ""}.`;
}

/** A row per field, and below it those of the objects in it: `origin.run`, `entries[].step`. */
function rowsOf(schema: Schemas, prefix: string): string[][] {
  const required = (schema["required"] ?? []) as string[];
  return Object.entries((schema["properties"] ?? {}) as Record<string, Schemas>).flatMap(([name, field]) => {
    const type = `${typeOf(field)}${required.includes(name) ? "" : " (may be missing)"}`;
    return [
      [`\`${prefix}${name}\``, type],
      ...objectsIn(field).flatMap(([of, behind]) => rowsOf(of, prefix + name + behind)),
    ];
  });
}

function objectsIn(field: Schemas): [Schemas, string][] {
  if (field["properties"] !== undefined) return [[field, "."]];
  if (field["items"] !== undefined)
    return objectsIn(field["items"] as Schemas).map(([of, behind]) => [of, `[]${behind}`]);
  return ((field["anyOf"] ?? []) as Schemas[]).flatMap(objectsIn);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(json: string): string {
  return ["```json", json, "```"].join("\n");
}
