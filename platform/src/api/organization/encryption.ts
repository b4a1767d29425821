import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { requireScope } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

/** The keys that encrypt an organization's content: which there are, never what they are. */
export function encryptionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.encryption.status, ({ caller }) => deps.encryption.status(caller.org));

  route(app, deps, api.encryption.rotate, async ({ body, caller, tx }) => {
    const { encryption } = deps;
    // It wraps the keys of all organizations.
    if (body.key === "key-encryption") requireScope(caller, "admin:everywhere");
    const store =
      body.key === "organization"
        ? await encryption.rotateOrganization(caller.org)
        : await encryption.rotateKeyEncryption();
    await tx(store);
    return deps.encryption.status(caller.org);
  });
}
