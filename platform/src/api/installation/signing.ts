import { api, type SigningKeyView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { requireScope } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

const hourMs = 3_600_000;

/** The installation's signing keys, and the address where others look them up. */
export function signingRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { signer } = deps;
  app.get("/.well-known/jwks.json", { config: { access: "public" } }, async (_request, reply) => {
    void reply.type("application/jwk-set+json").header("cache-control", "public, max-age=60");
    return JSON.stringify(await signer.jwks());
  });

  route(app, deps, api.signing.keys, view);

  route(app, deps, api.signing.rotate, async ({ body, caller, tx }) => {
    requireScope(caller, "admin:everywhere");
    await tx((db) => signer.rotate(db, new Date(deps.now() + body.overlapHours * hourMs)));
    deps.log.warn({ actor: caller.actor.id, reason: body.reason }, "A new key signs from now on");
    return view();
  });

  async function view(): Promise<{ items: SigningKeyView[]; next: null }> {
    const items = (await signer.keys()).map(({ kid, public: { x }, createdAt, retiresAt }) => ({
      kid,
      x,
      createdAt: createdAt.toISOString(),
      retiresAt: retiresAt?.toISOString() ?? null,
    }));
    return { items, next: null };
  }
}
