import type { FastifyRequest } from "fastify";
import type { SignIn } from "../../auth/index.ts";
import { CsrfRefusedError } from "../errors.ts";

type Origins = ReturnType<SignIn["origins"]>;

/**
 * A browser sends its cookies along with what other sites make it send. So whatever changes something by a cookie must come from a page
 * of ours: by its Origin, which pages can't forge, or, where the browser keeps that to itself, by what it says of the site.
 *
 * @throws CsrfRefusedError
 */
export function refuseForgery(request: FastifyRequest, origins: Origins): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { origin } = request.headers;
  const ours = origins.of(request.host);
  const known = origin !== undefined && origin !== "null";
  if (known ? ours !== null && origin === ours : request.headers["sec-fetch-site"] === "same-origin") return;
  throw new CsrfRefusedError(known ? origin : null, origins.main);
}

/** The site that a request came to, for what is bound to it: cookies, passkeys. @throws CsrfRefusedError */
export function originOf(request: FastifyRequest, origins: Origins): string {
  const origin = origins.of(request.host);
  if (origin === null) throw new CsrfRefusedError(null, origins.main);
  return origin;
}
