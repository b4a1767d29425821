import type { BodyOf, Endpoint, ParamsOf, QueryOf } from "@gantry/sdk/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ClientBase } from "pg";
import type { z } from "zod";
import type { Caller } from "../access/caller.ts";

/** What a handler gets: the parsed request and who sent it. */
export interface Call<E extends Endpoint> {
  params: z.output<ParamsOf<E>>;
  query: z.output<QueryOf<E>>;
  body: z.output<BodyOf<E>>;
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
  /**
   * A short transaction that sees the caller's organization only, and where it only reads, what the
   * caller sees of it. Await nothing but the database in it. What it changes is
   * recorded in the audit trail by itself.
   */
  tx<T>(work: (tx: ClientBase) => Promise<T>): Promise<T>;
  /** An action besides the endpoint's own, at a place by name. @throws ForbiddenError */
  demand(action: string, place?: { project?: string | null; environment?: string | null }): Promise<void>;
  /** The id for what this call creates: the same again when the call is repeated under its idempotency key. */
  id: string;
}

/** An endpoint whose answer must not be kept for repeats in the clear. */
export interface RouteOptions {
  sealAnswer?: boolean;
}
