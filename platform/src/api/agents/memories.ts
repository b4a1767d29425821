import { api, memoryLength, type MemoryView } from "@gantry/sdk/api";
import { safeText } from "@gantry/sdk/safe-text";
import type { FastifyInstance } from "fastify";
import {
  listMemories,
  findMemory,
  deleteMemory,
  isVouched,
  noteMemory,
  pinMemory,
  type MemoryRow,
} from "../../store/agents/memories.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

/** What is noted for agents that think: people read it, vouch for it and remove it. */
export function memoryRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.memories.add, ({ body, caller, tx, id }) =>
    tx(async (db) => {
      const { org, project, environment } = await placeOf(db, caller.org, body, "body");
      const { kind, text } = body;
      const { actor } = caller;
      const stored = await noteMemory(db, {
        org,
        id,
        project: project ?? "",
        environment,
        kind,
        text: safeText(text).slice(0, memoryLength),
        by: null,
        actor: { kind: actor.kind, id: actor.id, name: actor.name },
      });
      return found(await findMemory(db, org, stored));
    }),
  );

  route(app, deps, api.memories.list, ({ query, caller, tx }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      return { items: (await listMemories(db, at, query.search ?? null)).map(view), next: null };
    }),
  );

  route(app, deps, api.memories.get, ({ params, caller, tx }) =>
    tx(async (db) => found(await findMemory(db, caller.org, params.memory))),
  );

  route(app, deps, api.memories.pin, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { kind, id, name } = caller.actor;
      await pinMemory(db, caller.org, params.memory, body.pinned ? { kind, id, name } : null);
      return found(await findMemory(db, caller.org, params.memory));
    }),
  );

  route(app, deps, api.memories.forget, ({ params, caller, tx }) =>
    tx(async (db) => {
      if (!(await deleteMemory(db, caller.org, params.memory))) throw new NotFoundError();
    }),
  );
}

/** @throws NotFoundError */
function found(row: MemoryRow | null): MemoryView {
  if (row === null) throw new NotFoundError();
  return view(row);
}

function view(row: MemoryRow): MemoryView {
  return {
    ...row,
    vouched: isVouched(row),
    pinnedAt: row.pinnedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
