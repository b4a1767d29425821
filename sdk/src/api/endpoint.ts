import type { z } from "zod";
import type { Scope } from "./common.ts";

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
