import { Role } from "@gantry/sdk/api";
import { describe, expect, test } from "vitest";
import { apiActions, type Action } from "./actions.ts";
import { createAuthorize, rolesThatMay, type ResourceFacts, type Subject } from "./authorize.ts";
import { checkAgainst } from "./cedar.ts";
import { rolePolicies } from "./roles.ts";
import { scopesOfRole } from "./role-scopes.ts";
import { renderRolesTable } from "./roles-table.ts";
import { createRules } from "./rules.ts";
import { policySchema } from "./schema.ts";

const reference = (name: string): string => new URL(`../../../docs/reference/${name}`, import.meta.url).pathname;

describe("the policies of roles", () => {
  test("speak only of actions and facts that there are", async () => {
    expect(checkAgainst(policySchema(), rolePolicies().policies)).toEqual([]);
    await expect(policySchema()).toMatchFileSnapshot(reference("policy.cedarschema"));
  });

  test("are what the reference says, role by role and action by action", async () => {
    await expect(renderRolesTable()).toMatchFileSnapshot(reference("roles.md"));
  });

  test("tell what a session of each role may be used for", () => {
    const scopes = Object.fromEntries(Role.options.map((role) => [role, scopesOfRole(role).join(" ")]));
    expect(scopes).toEqual({
      viewer: "read",
      operator: "read run",
      approver: "read approve",
      author: "read runbooks",
      security: "read run approve secrets admin",
      admin: "read run secrets runbooks admin",
      owner: "read run approve secrets runbooks admin admin:everywhere",
    });
  });

  test("leave no action that nobody may do", () => {
    const nobody = [...apiActions().values()].filter((action) => !rolesThatMay(action).includes("owner"));
    expect(nobody.map(({ id }) => id)).toEqual([]);
  });
});

const shop = { id: "00000000-0000-7000-8000-000000000001", name: "shop" };
const places = {
  projects: [shop],
  environments: [{ project: shop.id, name: "prod", protection: "strict" as const, approvers: "default" as const }],
  approvers: null,
};
const prod: ResourceFacts = {
  type: "Environment",
  id: "shop/prod",
  project: shop,
  environment: "prod",
  protection: "strict",
};
const actionNamed = (id: string) => apiActions().get(id) as Action;

describe("a policy of one's own", () => {
  const forbids = `@id("no-cancel") @reason("Nothing is canceled in production.")
    forbid (principal, action == Action::"runs.create", resource) when { resource.environment == "prod" };`;

  test("wins over every role, and is named with its reason", () => {
    const authorize = createAuthorize();
    const rules = createRules(2n, [{ name: "careful", project: shop.id, environment: null, text: forbids }], places);
    expect(authorize(owner(), actionNamed("runs.create"), prod, rules)).toEqual({
      allowed: false,
      policies: ["project/careful/no-cancel"],
      reasons: ["Nothing is canceled in production."],
    });
    expect(authorize(owner(), actionNamed("runs.list"), prod, rules).allowed).toBe(true);
  });

  test("holds at its place and below, and nowhere else", () => {
    const authorize = createAuthorize();
    const rules = createRules(2n, [{ name: "careful", project: shop.id, environment: "dev", text: forbids }], places);
    expect(authorize(owner(), actionNamed("runs.create"), prod, rules).allowed).toBe(true);
  });

  test("that can't be evaluated denies, instead of losing what it forbids", () => {
    const authorize = createAuthorize();
    const broken = `@id("broken") forbid (principal, action, resource) when { context.nothing };`;
    const rules = createRules(2n, [{ name: "broken", project: null, environment: null, text: broken }], places);
    expect(authorize(owner(), actionNamed("runs.list"), prod, rules).allowed).toBe(false);
  });
});

function owner(): Subject {
  return {
    org: "00000000-0000-7000-8000-000000000000",
    actor: { kind: "user", id: "somebody", name: "somebody" },
    groups: [],
    roles: [{ role: "owner", project: null, environment: null }],
    credential: { kind: "key", mfaAt: null },
    accessVersion: "1",
  };
}
