import type { Endpoint } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { bookkeeping, contentOf } from "../../support/contents.ts";
import { newId } from "../../support/engine.ts";
import { inputOf, leavesOf, type Leaf } from "../../support/examples.ts";
import {
  ask,
  bodyFor,
  eachOf,
  idFor,
  refusalIn,
  requestFor,
  resourceOf,
  type Request,
} from "../../support/requests.ts";
import { fieldNames, type Tenant } from "../../support/things.ts";
import { guarded, type World } from "./world.ts";

/** Of the same form as what it stands for, and of nobody. */
function unknown(like: string): string {
  if (/^[0-9a-f-]{36}$/.test(like)) return newId();
  if (like.startsWith("sha256:")) return `sha256:${newId().replaceAll("-", "")}${"0".repeat(32)}`;
  const random = newId().replaceAll("-", "").slice(-12);
  return like.includes(".") ? `none.x${random}` : like.includes("_") ? `none_${random}` : `none-${random}`;
}

/** Asks for theirs, and for what nobody has; the two answers must not differ, and show nothing of theirs. */
async function compare(
  { api, ours, theirs }: World,
  where: string,
  make: (value: string) => Request,
  value: string,
): Promise<number> {
  const asked = [];
  for (const one of [value, unknown(value)]) {
    const answered = await ask(api, make(one), { authorization: `Bearer ${ours.key}` });
    const text = answered.status >= 400 ? JSON.stringify(refusalIn(answered)) : "";
    asked.push({ ...answered, said: text.replaceAll(one, "<it>") });
  }
  const [foreign, absent] = asked.map(({ status, said }) => [where, status, said]);
  expect(foreign).toEqual(absent);
  const { body, status } = asked[0] as { body: string; status: number };
  const shown = Object.values(theirs.ids).filter((one) => one.startsWith("alpha") || /^[0-9a-f-]{36}$/.test(one));
  expect([where, shown.filter((one) => one !== value && body.includes(one))]).toEqual([where, []]);
  return status;
}

/** These make what they name, so they aren't refused; that it is one's own and not theirs is seen at the end. */
const making = new Set([
  "variables.put",
  "secrets.put",
  "connections.put",
  "mcpServers.put",
  "budgets.set",
  "runbooks.publish",
  "policies.put",
  "me.setPreference",
]);

/** What a text in a query or body names, if it names something. */
function named({ theirs }: World, { path, schema }: Leaf): string | undefined {
  const name = path.at(-1) ?? "";
  const isId = schema.format === "uuid";
  const value = theirs.ids[(isId ? fieldNames[name] : undefined) ?? name];
  if (value === undefined && isId)
    throw new Error(`What does ${path.join(".")} name? Say it in fieldNames of tests/support/things.ts.`);
  return value;
}

/** Where a request names something: the field, what it names of theirs, and the request with something else there. */
function fieldsOf(world: World, endpoint: Endpoint): { where: string; value: string; make(value: string): Request }[] {
  const { id, query, body } = endpoint;
  const { ours } = world;
  const inQuery = (query === undefined ? [] : leavesOf(inputOf(query))).map((leaf) => ({
    leaf,
    where: `${id} ?${leaf.path.join(".")}`,
    fits: () => true,
    make: (value: string) => requestFor(endpoint, ours.ids, { query: { [leaf.path[0] ?? ""]: value } }),
  }));
  const inBody = (body === undefined ? [] : leavesOf(inputOf(body), bodyFor(endpoint, ours.ids))).map((leaf) => ({
    leaf,
    where: `${id} {${leaf.path.join(".")}}`,
    fits: (value: string) => body?.safeParse(leaf.put(value)).success === true,
    make: (value: string) => requestFor(endpoint, ours.ids, { body: renamed(leaf.put(value)) }),
  }));
  return [...inQuery, ...inBody].flatMap(({ leaf, where, fits, make }) => {
    const value = named(world, leaf);
    if (value === undefined || !fits(value)) return [];
    return [{ where, value, make }];
  });
}

/** What is made may be made: once more, under another name. */
function renamed(body: unknown): unknown {
  return typeof body === "object" && body !== null && "name" in body ? { ...body, name: unknown("a-name") } : body;
}

/** A part of the path that is one of a few words, the same for everybody. */
function isChoice({ params }: Endpoint, name: string): boolean {
  return params !== undefined && inputOf(params).properties?.[name]?.enum !== undefined;
}

/** What reaches beyond the organization on purpose takes a key of the installation's host. */
const bounded = guarded.filter(({ scope }) => scope !== "admin:everywhere");

/** A cursor whose signature is made up. */
const forged = (cursor: string): string => cursor.replace(/\..*/, `.${"A".repeat(22)}`);

export function otherOrganizationTests(world: () => World): void {
  let before: Record<string, string>;
  test("another organization's thing in the path answers exactly like one that isn't there, part by part", async () => {
    const { api, ours, theirs } = world();
    const naming = bounded.filter(({ path }) => path.includes(":"));
    expect(naming.length).toBeGreaterThan(80);
    const refused = expect.toBeOneOf([404, 422]);
    const attempt = async (endpoint: Endpoint): Promise<void> => {
      for (const [, name = ""] of endpoint.path.matchAll(/:(\w+)/g)) {
        // A version or a step is one of the thing before it in the path, and may be called the same everywhere.
        if (name === "version" || name === "step" || isChoice(endpoint, name)) continue;
        const key = `${resourceOf(endpoint)}.${name}`;
        const make = (value: string) => requestFor(endpoint, { ...ours.ids, [key]: value });
        const status = await compare(world(), `${endpoint.id} :${name}`, make, idFor(endpoint, theirs.ids, name));
        const expected = making.has(endpoint.id) ? status : refused;
        expect([endpoint.id, name, status]).toEqual([endpoint.id, name, expected]);
      }
    };
    before = await contentOf(api.engine.admin, { but: bookkeeping, org: theirs.org });
    await eachOf(
      naming.filter(({ id }) => !making.has(id)),
      attempt,
    );
    await eachOf(
      naming.filter(({ id }) => making.has(id)),
      attempt,
    );
  });

  test("another organization's thing in a query or a body, however deep, answers exactly like one that isn't there", async () => {
    const fields = bounded.map((one) => fieldsOf(world(), one));
    expect(fields.flat().length).toBeGreaterThan(80);
    await eachOf(fields, async (ofOne) => {
      for (const { where, make, value } of ofOne) await compare(world(), where, make, value);
    });
  });

  test("a place in another organization's list is no place in ours", async () => {
    const { api, ours, theirs } = world();
    const lists = guarded.filter(({ query }) => query !== undefined && "cursor" in (inputOf(query).properties ?? {}));
    expect(lists.length).toBeGreaterThan(8);
    for (const endpoint of lists) {
      const page = (tenant: Tenant, query: Record<string, string>) =>
        ask(api, requestFor(endpoint, tenant.ids, { query }), { authorization: `Bearer ${tenant.key}` });
      const { next } = JSON.parse((await page(theirs, { limit: "1" })).body) as { next: string | null };
      if (next === null)
        throw new Error(`${endpoint.id} has one item only: plant a second in tests/support/things.ts.`);
      expect([endpoint.id, (await page(theirs, { limit: "1", cursor: next })).status]).toEqual([endpoint.id, 200]);
      const [foreign, madeUp] = await Promise.all(
        [next, forged(next)].map((cursor) => page(ours, { limit: "1", cursor })),
      );
      expect([endpoint.id, foreign?.status, refusalIn(foreign as never)]).toEqual([
        endpoint.id,
        400,
        refusalIn(madeUp as never),
      ]);
    }
  });

  test("a place in another organization's stream of events is no place in ours", async () => {
    const { api, ours, theirs } = world();
    const follow = (key: string, id?: string) =>
      api.request("/api/v1/events", { key, headers: id === undefined ? {} : { "last-event-id": id } });
    const reader = (await follow(theirs.key)).body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/^id: \S+$/m.test(text)) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const [, id = ""] = /^id: (\S+)$/m.exec(text) ?? [];
    for (const one of [id, forged(id)]) {
      const response = await follow(ours.key, one);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "cursor_invalid"]);
    }
  });

  test("and nothing of the other organization is other than before", async () => {
    const { api, theirs } = world();
    expect(await contentOf(api.engine.admin, { but: bookkeeping, org: theirs.org })).toEqual(before);
  });
}
