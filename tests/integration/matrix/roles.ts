import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Role, Scope, type Endpoint } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { ask, eachOf, refusalIn, requestFor } from "../../support/requests.ts";
import { changedBy, guarded, type World } from "./world.ts";

/** Who may do what by the reference, which is made of the policies and read by people. */
async function readTable(): Promise<Map<string, ReadonlySet<string>>> {
  const page = await readFile(join(import.meta.dirname, "../../../docs/reference/roles.md"), "utf8");
  const rows = page
    .split("\n")
    .flatMap((line) => (line.startsWith("| ") ? [line.split("|").map((cell) => cell.trim())] : []));
  const [head = [], , ...lines] = rows;
  return new Map(
    lines.map((cells) => [
      (cells[1] ?? "").replaceAll("`", ""),
      new Set(head.filter((_, index) => index > 3 && cells[index] === "yes")),
    ]),
  );
}

/** Everybody's own account takes no role; see tests/integration/sign-in. */
const decided = guarded.filter(({ resource }) => resource?.kind !== "self");

export function roleTests(world: () => World): void {
  const keys = new Map<Role, string>();
  const answer = async (role: Role, endpoint: Endpoint) => {
    const { api, theirs } = world();
    return ask(api, requestFor(endpoint, theirs.ids), { authorization: `Bearer ${keys.get(role) ?? ""}` });
  };
  const each = (table: ReadonlyMap<string, ReadonlySet<string>>, may: boolean) =>
    decided.flatMap((endpoint) => {
      const roles = table.get(endpoint.id);
      if (roles === undefined) throw new Error(`${endpoint.id} isn't in docs/reference/roles.md: regenerate it.`);
      return Role.options.filter((role) => roles.has(role) === may).map((role) => ({ role, endpoint }));
    });

  test("who may not do it by the reference is refused by the API, which names what it takes, and changes nothing", async () => {
    const { api, theirs } = world();
    for (const role of Role.options) {
      const { org } = theirs;
      keys.set(role, (await api.addPerson(`only ${role}`, { org, scopes: [...Scope.options], roles: [role] })).key);
    }
    const table = await readTable();
    const refused = each(table, false);
    expect(refused.length).toBeGreaterThan(400);
    const changed = await changedBy(world(), () =>
      eachOf(refused, async ({ role, endpoint }) => {
        const answered = await answer(role, endpoint);
        expect([role, endpoint.id, answered.status]).toEqual([role, endpoint.id, 403]);
        const { code, details } = refusalIn(answered) as { code: string; details: { reasons: string[] } };
        expect([code, details]).toEqual(["forbidden", expect.objectContaining({ action: endpoint.id })]);
        const needed = Role.options.filter((one) => table.get(endpoint.id)?.has(one)).join(", ");
        expect(JSON.stringify(details)).toContain(`${endpoint.id} takes one of: ${needed}.`);
      }),
    );
    expect(changed).toEqual([]);
  });

  test("who may do it by the reference isn't refused for their role by the API", async () => {
    const allowed = each(await readTable(), true).toSorted((a, b) => lateness(a.endpoint) - lateness(b.endpoint));
    expect(allowed.length).toBeGreaterThan(400);
    await eachOf(allowed, async ({ role, endpoint }) => {
      const { status, body } = await answer(role, endpoint);
      const problem = status >= 400 ? (JSON.parse(body) as { code: string; details?: { action?: string } }) : null;
      // More than the endpoint's own action may be asked for, as to take back what others lent each other.
      const further = problem?.code === "forbidden" && problem.details?.action !== endpoint.id;
      const refused = ["forbidden", "scope_missing", "unauthorized"].includes(problem?.code ?? "") && !further;
      expect([role, endpoint.id, status, refused]).toEqual([role, endpoint.id, expect.toSatisfy(below500), false]);
    });
  });
}

const below500 = (status: number): boolean => status < 500;

/** What takes away what others need. */
function lateness({ id, method }: Endpoint): number {
  return id === "organizations.remove" ? 2 : method === "DELETE" ? 1 : 0;
}
