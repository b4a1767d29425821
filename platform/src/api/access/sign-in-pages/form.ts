import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { GantryError } from "@gantry/sdk";
import { statusCodeOf } from "../../http/status-code.ts";
import { sendPage, type Page } from "./html.ts";

export type Form = Readonly<Record<string, string>>;

const limitBytes = 16 * 1024;

/** Reads what HTML forms send. Of a name that comes twice the last counts. */
export function readForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: limitBytes },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
}

export function formOf(request: FastifyRequest): Form {
  return (request.body ?? {}) as Form;
}

export function queryOf(request: FastifyRequest): Form {
  const entries = Object.entries((request.query ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
}

/** Where to go afterwards: on this server only. */
export function nextOf(form: Form, fallback = "/"): string {
  const { next = "" } = form;
  return /^\/(?![/\\])[\x20-\x7e]{0,500}$/.test(next) && !next.includes("\\") ? next : fallback;
}

/** The page again, saying what is wrong with what was sent; what is no fault of who sent it goes on as an error. */
export async function orPage(
  reply: FastifyReply,
  page: (error: string) => Page | Promise<Page>,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GantryError) || error.fault !== "user") throw error;
    return sendPage(reply, await page(error.message), statusCodeOf(error));
  }
}

/** After a form was accepted: the browser asks for the next page, and reloading repeats nothing. */
export function goTo(reply: FastifyReply, path: string): FastifyReply {
  return reply.code(303).header("location", path).header("cache-control", "no-store").send();
}
