import { api, preferenceLimits } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { putPreference, readPreferences, removePreference } from "../../store/access/preferences.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError } from "../errors.ts";
import { route } from "../http/route.ts";

/** What an actor keeps for themselves; nobody else reads it, and nothing follows from it. */
export function preferenceRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.me.preferences, ({ caller: { org, actor }, tx }) =>
    tx(async (db) => ({ preferences: await readPreferences(db, org, actor.id) })),
  );

  route(app, deps, api.me.setPreference, async ({ params: { name }, body: { value }, caller, tx }) => {
    const { org, actor } = caller;
    const text = JSON.stringify(value);
    const { bytes, count } = preferenceLimits;
    if (Buffer.byteLength(text) > bytes)
      throw tooMuch("value", `takes more than ${bytes} bytes of JSON; keep less in it`);
    return tx(async (db) => {
      if (value === null) await removePreference(db, org, actor.id, name);
      else await putPreference(db, { org, actor: actor.id, name, text });
      const preferences = await readPreferences(db, org, actor.id);
      if (Object.keys(preferences).length > count)
        throw tooMuch(
          "name",
          `would be one more than the ${count} preferences that one keeps; set another to null first`,
        );
      return { preferences };
    });
  });
}

const tooMuch = (path: string, message: string) => new InvalidRequestError([{ path, message }]);
