import type { Endpoint } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { ask, requestFor } from "../../support/requests.ts";
import { guarded, type World } from "./world.ts";

/** Looking before changing, and ending what others need as late as can be. */
const order = ["GET", "PUT", "POST", "DELETE"];
const last = [
  "sessions.revoke",
  "people.disable",
  "teams.remove",
  "serviceAccounts.disable",
  "actors.disable",
  "projects.remove",
  "organizations.remove",
];

function rank({ id, method }: Endpoint): number {
  return last.includes(id) ? 10 + last.indexOf(id) : order.indexOf(method);
}

/** What needs more than a right: what isn't there in this world, and where it is tried. */
const absent: Readonly<Record<string, string>> = {
  "runs.proof": "nobody was asked: tests/integration/sign-in/passkeys.test.ts",
  "runs.answerProof": "nobody was asked: tests/integration/sign-in/passkeys.test.ts",
  "states.unlock": "nobody holds the state: tests/integration/api/terraform-state.test.ts",
};

/** Such as that nobody approves what they asked for is more than a right, and tried elsewhere. */
const refusals = ["forbidden", "scope_missing", "not_found"];

export function rightCredentialTests(world: () => World): void {
  // Or all refusals above would prove nothing: the very same requests, by somebody who may.
  test("every endpoint takes the request that it is tried with, from who may send it", async () => {
    const { api, ours } = world();
    await api.engine.admin.query(`UPDATE auth.session SET "expiresAt" = now() + interval '1 hour'`);
    const wrong: unknown[] = [];
    for (const endpoint of guarded.toSorted((a, b) => rank(a) - rank(b))) {
      const own = endpoint.id.startsWith("sessions.");
      const { cookie } = ours.session;
      const credential = own ? { cookie, origin: api.url } : { authorization: `Bearer ${ours.key}` };
      const { status, body } = await ask(api, requestFor(endpoint, ours.ids), credential);
      const { code = "" } = status >= 400 ? (JSON.parse(body) as { code: string }) : {};
      const refused = status === 400 || status === 401 || status >= 500 || refusals.includes(code);
      if (refused && absent[endpoint.id] === undefined) wrong.push([endpoint.id, status, body.slice(0, 300)]);
    }
    expect(wrong).toEqual([]);
  });
}
