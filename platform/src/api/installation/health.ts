import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { DatabaseUnavailableError } from "../errors.ts";

/** GET /livez: the process answers. GET /readyz: it can do work, so traffic may come. */
export function healthRoutes(app: FastifyInstance, deps: ApiDeps, closing: AbortSignal): void {
  const sealing = createSealing(deps);
  const config = { access: "public" } as const;
  app.get("/livez", { config: { ...config, counted: false } }, async () => ({ status: "ok" }));
  app.get("/readyz", { config }, async (_request, reply) => {
    if (closing.aborted) return reply.code(503).send({ status: "closing" });
    try {
      await deps.pool.query("SELECT 1");
      return { status: "ok", audit: await sealing() };
    } catch (cause) {
      throw new DatabaseUnavailableError(cause);
    }
  });
}

interface Sealing {
  /** How long the oldest entry of the audit trail that isn't sealed has waited. */
  unsealedSeconds: number;
  sealedAt: string | null;
}

const freshMs = 5_000;

/** How the audit trail is doing; it never makes a server unready. Anybody may ask, so it is looked up now and then only. */
function createSealing({ pool, now }: Pick<ApiDeps, "pool" | "now">): () => Promise<Sealing> {
  let seen: { at: number; sealing: Promise<Sealing> } | undefined;
  return () => {
    if (seen !== undefined && now() - seen.at < freshMs) return seen.sealing;
    const sealing = pool
      .query<{ audit: { unsealedSeconds: number }; at: Date | null }>(
        "SELECT audit_metrics() AS audit, audit_sealed_at() AS at",
      )
      .then(({ rows: [row] }) => ({
        unsealedSeconds: row?.audit.unsealedSeconds ?? 0,
        sealedAt: row?.at?.toISOString() ?? null,
      }));
    seen = { at: now(), sealing };
    sealing.catch(() => (seen = undefined));
    return sealing;
  };
}
