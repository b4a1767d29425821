import type { z } from "zod";
import type { Scope } from "./common.ts";

/** The part of a request that says, as `project` and `environment`, where its subject lies; with neither: the organization. */
type Part = "query" | "body" | "body.filter" | "params";
/** What is looked up by an id in the path, with the project and environment where it lies. */
export type Located =
  | "run"
  | "goal"
  | "trigger"
  | "limit"
  | "breaker"
  | "subscription"
  | "freeze"
  | "bulkAction"
  | "breakGlass"
  | "roleBinding"
  | "memory"
  | "modelCall"
  | "question";

/** What a call is about: the roles that the caller has there, and the policies in force there, decide it. */
export type EndpointResource =
  | { readonly kind: "organization" }
  /** Who may do it anywhere in the organization may do it; answers show only what the caller sees. */
  | { readonly kind: "anywhere" }
  /** The caller's own account: open to everybody, whatever their roles. */
  | { readonly kind: "self" }
  | { readonly kind: "place"; readonly in: Part }
  | { readonly kind: Located; readonly param: string };

/**
 * One operation of the API as data: the server registers it, the client calls it, OpenAPI describes it. So the three
 * can't differ, and an endpoint without a scope does not type-check.
 */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** `resource.verb`; the operation id in OpenAPI. */
  readonly id: `${string}.${string}`;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Under /api/v1, parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  /** `public`: what the path or the body holds says enough. */
  readonly scope: Scope | "public";
  /** The organization unless told. */
  readonly resource?: EndpointResource;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Absent where the answer isn't JSON. */
  readonly answer?: Answer;
  /** What the audit trail keeps of the query and body besides the names of their fields: never secrets, never long texts. */
  readonly audit?: { readonly details: readonly string[] };
  /** Of success; 200 unless told. A command may also answer 202. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Content types of answers that aren't JSON, or that are offered besides it. */
  readonly produces?: readonly string[];
}

/** Declares an endpoint and keeps its types. */
export function endpoint<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodVoid,
>(declaration: Endpoint<Params, Query, Body, Answer>): Endpoint<Params, Query, Body, Answer> {
  return declaration;
}

export type ParamsOf<E> = E extends Endpoint<infer P, z.ZodType, z.ZodType, z.ZodType> ? P : never;
export type QueryOf<E> = E extends Endpoint<z.ZodType, infer Q, z.ZodType, z.ZodType> ? Q : never;
export type BodyOf<E> = E extends Endpoint<z.ZodType, z.ZodType, infer B, z.ZodType> ? B : never;
export type AnswerOf<E> = E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer A> ? A : never;
