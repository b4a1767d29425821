import { ChangeSet, Decision, Digest, ErrorData, Json, Plan } from "@gantry/sdk";
import {
  api,
  apiPrefix,
  ApiKeyView,
  ChangeSetView,
  EventRecord,
  Problem,
  RunDetail,
  RunSummary,
  Scope,
  StepView,
  type Endpoint,
} from "@gantry/sdk/api";
import { z } from "zod";

type Schema = Record<string, unknown>;

/** Schemas that stand under their own name; all others stand where they are used. */
const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({
  ApiKeyView,
  ChangeSet,
  ChangeSetView,
  Decision,
  Digest,
  ErrorData,
  EventRecord,
  Json,
  Plan,
  Problem,
  RunDetail,
  RunSummary,
  StepView,
})) {
  names.add(schema, { id });
}

export const endpoints: readonly Endpoint[] = Object.values<Record<string, Endpoint>>(api).flatMap((resource) =>
  Object.values(resource),
);

/** The OpenAPI 3.1 description of every endpoint of the contract. */
export function openApiDocument(version: string): Schema & { paths: Record<string, Record<string, Schema>> } {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, Schema>> = {};
  for (const endpoint of endpoints) {
    const path = apiPrefix + endpoint.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, schemas);
  }
  const problem = convert(Problem, "output", schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Gantry",
      version,
      summary: "Change control for agents and infrastructure.",
      description:
        "Every POST takes an `Idempotency-Key`. Errors are problems (RFC 9457) whose `type` resolves to a page that says what to do.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    tags: Object.keys(api).map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "gantry_…",
          description: `An API key. Scopes: ${Scope.options.join(", ")}.`,
        },
      },
      responses: {
        Problem: { description: "What went wrong.", content: { "application/problem+json": { schema: problem } } },
      },
    },
  };
}

function operation(endpoint: Endpoint, schemas: Schema): Schema {
  const { id, summary, scope, body, status = 200 } = endpoint;
  const idempotency = {
    name: "Idempotency-Key",
    in: "header",
    description: "Repeating the call with the same key does nothing twice and gives the same answer.",
    schema: { type: "string", maxLength: 200 },
  };
  return {
    operationId: id,
    summary,
    tags: [id.split(".")[0]],
    description: `Needs the scope \`${scope}\`.`,
    security: [{ key: [scope] }],
    parameters: [
      ...parametersOf(endpoint.params, "path", schemas),
      ...parametersOf(endpoint.query, "query", schemas),
      ...(endpoint.method === "POST" ? [idempotency] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: convert(body, "input", schemas) } } },
        }),
    responses: { [status]: success(endpoint, schemas), default: { $ref: "#/components/responses/Problem" } },
  };
}

function success({ answer, produces = [] }: Endpoint, schemas: Schema): Schema {
  const json = answer === undefined ? {} : { "application/json": { schema: convert(answer, "output", schemas) } };
  const others = Object.fromEntries(produces.map((type) => [type, { schema: { type: "string" } }]));
  const content = { ...json, ...others };
  return { description: "Done.", ...(Object.keys(content).length > 0 ? { content } : {}) };
}

function parametersOf(schema: z.ZodType | undefined, where: "path" | "query", schemas: Schema): Schema[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = convert(schema, "input", schemas) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
  }));
}

/** JSON Schema of a value; what has a name goes into `schemas`, once as clients send it and once as they get it. */
export function convert(schema: z.ZodType, io: "input" | "output", schemas: Schema): Schema {
  const suffix = io === "input" ? "Input" : "";
  const { $defs = {}, properties } = z.toJSONSchema(z.object({ it: schema }), {
    io,
    metadata: names,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // Its output is a narrower type of TypeScript, which JSON Schema calls nothing at all.
      if ((zodSchema as unknown) === Digest)
        Object.assign(jsonSchema, { type: "string", pattern: "^sha256:[0-9a-f]{64}$" });
    },
  });
  const moved = (part: unknown): Schema =>
    JSON.parse(
      JSON.stringify(part, (key, value: unknown) =>
        key === "$schema" || key === "$id" ? undefined : value,
      ).replaceAll(/"#\/\$defs\/([^"]+)"/g, (_, name: string) => `"#/components/schemas/${name}${suffix}"`),
    ) as Schema;
  for (const [name, definition] of Object.entries($defs)) {
    const { id: _, ...rest } = moved(definition);
    schemas[name + suffix] = rest;
  }
  return moved((properties as Record<string, unknown>)["it"]);
}
