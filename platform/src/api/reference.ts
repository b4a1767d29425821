import type { openApiDocument } from "./openapi.ts";

type Document = ReturnType<typeof openApiDocument>;

interface Operation {
  operationId: string;
  summary: string;
  security: { key: string[] }[];
  parameters: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { content?: Record<string, { schema: Record<string, unknown> }> }>;
}

/** The API reference as Markdown: what /docs shows and `docs/reference/api.md` keeps. */
export function renderReference(document: Document): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...(operation as unknown as Operation) })),
  );
  const byResource = Object.groupBy(operations, ({ operationId }) => operationId.split(".")[0] ?? "");
  const sections = Object.entries(byResource).flatMap(([resource, list = []]) => [
    `## ${resource}`,
    ...list.flatMap((one) => renderOperation(one)),
  ]);
  const opening = [
    "# API",
    "JSON over HTTP, described by `/openapi.json` (OpenAPI 3.1). Send an API key as `Authorization: Bearer gantry_…`; each endpoint names the scope that the key needs.",
    "Every POST takes an `Idempotency-Key`: repeating a call with the same key does nothing twice and gives the same answer. Lists answer with `items` and `next`; give `next` as `cursor` for the following page. Errors are problems (RFC 9457): `code` is stable, and `type` is the address of a page that says what to do.",
    "Streams of events (`Accept: text/event-stream`) are resumed by `Last-Event-ID`. `event: reset` says that older history is gone, `event: close` why the server ends the stream.",
  ];
  const contents = Object.keys(byResource).map((resource) => `[${resource}](#${resource.toLowerCase()})`);
  return `${[...opening, `Resources: ${contents.join(", ")}.`, ...sections].join("\n\n")}\n`;
}

function renderOperation(one: Operation & { path: string; method: string }): string[] {
  const scope = one.security[0]?.key[0] ?? "";
  const rows = [
    ...one.parameters
      .filter(({ in: where }) => where !== "header")
      .map(({ name, in: where, required, schema }) => [
        `\`${name}\``,
        `${where}${required === true ? "" : ", optional"}`,
        typeOf(schema),
      ]),
    ...fieldsOf(one.requestBody?.content["application/json"]?.schema),
  ];
  const table = ["| Name | Where | Type |", "| --- | --- | --- |", ...rows.map((row) => `| ${row.join(" | ")} |`)];
  const [status, answer] = Object.entries(one.responses)[0] ?? ["200", {}];
  const types = Object.entries(answer.content ?? {}).map(([type, { schema }]) =>
    type === "application/json" ? typeOf(schema) : `\`${type}\``,
  );
  return [
    `### ${one.method.toUpperCase()} ${one.path}`,
    `${one.summary} Scope \`${scope}\`.`,
    ...(rows.length > 0 ? [table.join("\n")] : []),
    `Answers ${status}${types.length > 0 ? `: ${types.join(" or ")}` : ""}.`,
  ];
}

function fieldsOf(schema: Record<string, unknown> | undefined): string[][] {
  if (schema === undefined) return [];
  const alternatives = (schema["anyOf"] ?? [schema]) as Record<string, unknown>[];
  return alternatives.flatMap((one, index) => {
    const required = (one["required"] ?? []) as string[];
    const place = alternatives.length > 1 ? `body, form ${index + 1}` : "body";
    return Object.entries((one["properties"] ?? {}) as Record<string, Record<string, unknown>>).map(([name, field]) => [
      `\`${name}\``,
      `${place}${required.includes(name) ? "" : ", optional"}`,
      typeOf(field),
    ]);
  });
}

/** A schema in a few words. */
function typeOf(schema: Record<string, unknown>): string {
  const {
    $ref,
    type,
    anyOf,
    enum: values,
    items,
    format,
    properties,
    const: only,
  } = schema as {
    $ref?: string;
    type?: string;
    anyOf?: Record<string, unknown>[];
    enum?: string[];
    items?: Record<string, unknown>;
    format?: string;
    properties?: Record<string, Record<string, unknown>>;
    const?: unknown;
  };
  if ($ref !== undefined)
    return `\`${
      $ref
        .split("/")
        .at(-1)
        ?.replace(/Input$/, "") ?? ""
    }\``;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(", ");
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (type === "array" && items !== undefined) return `list of ${typeOf(items)}`;
  if (properties !== undefined) return `object (${Object.keys(properties).join(", ")})`;
  return format === undefined ? (type ?? "any JSON") : `${type ?? ""} (${format})`;
}
