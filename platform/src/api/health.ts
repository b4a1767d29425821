import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "./deps.ts";
import { DatabaseUnavailableError } from "./errors.ts";

/** GET /livez: the process answers. GET /readyz: it can do work, so traffic may come. */
export function healthRoutes(app: FastifyInstance, deps: ApiDeps, closing: AbortSignal): void {
  const config = { access: "public" } as const;
  app.get("/livez", { config: { ...config, counted: false } }, async () => ({ status: "ok" }));
  app.get("/readyz", { config }, async (_request, reply) => {
    if (closing.aborted) return reply.code(503).send({ status: "closing" });
    try {
      await deps.pool.query("SELECT 1");
    } catch (cause) {
      throw new DatabaseUnavailableError(cause);
    }
    return { status: "ok" };
  });
}
