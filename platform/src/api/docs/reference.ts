import type { openApiDocument } from "./openapi.ts";
import { signInPaths } from "../access/sign-in.ts";

type Document = ReturnType<typeof openApiDocument>;

interface Operation {
  operationId: string;
  summary: string;
  security: { key: string[] }[];
  parameters: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { content?: Record<string, { schema: Record<string, unknown> }> }>;
}

/** What the server answers besides the contract. A test compares it with the router. */
export const otherRoutes: readonly { methods: readonly string[]; path: string; what: string }[] = [
  { methods: ["GET"], path: "/livez", what: "200 while the process answers. No key." },
  { methods: ["GET"], path: "/readyz", what: "200 while it can do work, else 503. No key." },
  {
    methods: ["GET"],
    path: "/metrics",
    what: "Numbers for Prometheus. Without a key from this machine only, else scope `admin`.",
  },
  { methods: ["GET"], path: "/openapi.json", what: "This API as OpenAPI 3.1. No key." },
  { methods: ["GET"], path: "/docs", what: "This page. No key." },
  { methods: ["GET"], path: "/docs/:page", what: "The other reference pages: events, errors, and so on. No key." },
  { methods: ["GET"], path: "/errors/:code", what: "What an error means and what to do. No key." },
  { methods: ["GET"], path: "/", what: "The dashboard. No key; what it shows it asks of this API." },
  {
    methods: ["GET"],
    path: "/*",
    what: "Its other addresses, such as `/runs/…`, where links in messages lead. No key.",
  },
  ...["/assets/:name", "/icon.svg", "/early.js"].map((path) => ({
    methods: ["GET"],
    path,
    what: "Its files. No key.",
  })),
  {
    methods: ["GET"],
    path: "/.well-known/jwks.json",
    what: "Public keys that the installation signs with, as a JWK set (RFC 7517). No key.",
  },
  {
    methods: ["GET", "POST", "DELETE"],
    path: "/mcp",
    what: "Model Context Protocol over Streamable HTTP. What a call of it does takes the scope of the endpoint behind it.",
  },
  ...["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"].map((path) => ({
    methods: ["GET"],
    path,
    what: "What `/mcp` takes of its clients (RFC 9728). No key.",
  })),
  { methods: ["GET", "POST"], path: "/sign-in", what: "The page to sign in on." },
  { methods: ["GET", "POST"], path: "/sign-in/code", what: "The page for the second factor." },
  { methods: ["GET"], path: "/sign-in/with/:provider", what: "Leads to an identity provider." },
  { methods: ["POST"], path: "/sign-out", what: "Ends the session of the page." },
  { methods: ["GET", "POST"], path: "/forgot-password", what: "The page that sends a link for a new password." },
  { methods: ["GET", "POST"], path: "/reset-password", what: "Where that link leads." },
  { methods: ["GET", "POST"], path: "/accept-invitation", what: "Where an invitation leads." },
  { methods: ["GET", "POST"], path: "/device", what: "The page to let a device in, such as `gantry login`." },
  {
    methods: ["GET"],
    path: "/confirm/:organization/:run/:proof",
    what: "The page where a passkey confirms an approval or a rejection. Takes a session.",
  },
  {
    methods: ["GET"],
    path: "/mcp/oauth/callback",
    what: "Where a person comes back to who signed in to a server of the Model Context Protocol. Takes a session.",
  },
  {
    methods: ["GET"],
    path: "/mcp/oauth/client.json",
    what: "What this installation is as a client of OAuth (client identifier metadata document). No key.",
  },
  { methods: ["GET"], path: "/account", what: "The page of one's own account." },
  ...["password", "codes", "codes/confirm", "codes/off", "passkeys/remove", "sessions/end", "verify"].map((form) => ({
    methods: ["POST"],
    path: `/account/${form}`,
    what: "A form of that page.",
  })),
  { methods: ["GET"], path: "/sign-in.css", what: "The style of the pages to sign in." },
  { methods: ["GET"], path: "/sign-in.js", what: "Their script, for passkeys." },
  ...signInPaths.map(({ method, path, what }) => ({ methods: [method], path, what })),
  { methods: ["GET"], path: "/pages.css", what: "The style of these pages. No key." },
  {
    methods: ["POST"],
    path: "/hooks/:hook",
    what: "A delivery for a trigger, signed with the trigger's secret instead of a key.",
  },
  {
    methods: ["GET", "POST", "DELETE", "LOCK", "UNLOCK"],
    path: "/api/v1/state/:project/:environment/:name",
    what: "Terraform's HTTP backend, with the token of the attempt instead of a key.",
  },
];

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
  const others = otherRoutes.map(({ methods, path, what }) => `| ${methods.join(", ")} | \`${path}\` | ${what} |`);
  return `${[
    ...opening,
    `Resources: ${contents.join(", ")}; [besides](#besides).`,
    ...sections,
    "## Besides",
    ["| Method | Path | What it is |", "| --- | --- | --- |", ...others].join("\n"),
  ].join("\n\n")}\n`;
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
export function typeOf(schema: Record<string, unknown>): string {
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
    type?: string | string[];
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
  const plain = Array.isArray(type) ? type.join(" or ") : type;
  return format === undefined ? (plain ?? "any JSON") : `${plain ?? ""} (${format})`;
}
