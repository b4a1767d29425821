import { expect, test } from "vitest";
import fc from "fast-check";
import { checkText } from "./check-text.ts";
import { diffPolicies } from "./diff.ts";

const rulesOf = (text: string) => checkText(text).problems.map(({ severity, rule }) => `${severity} ${rule}`);
const forbid = (rest: string) => `@id("a") forbid (principal, ${rest};`;

test.each([
  ["permits", `@id("a") permit (principal, action, resource);`, ["error permit"]],
  ["has no @id", "forbid (principal, action, resource);", ["error no-id"]],
  ["has an @id twice", `${forbid("action, resource)")} ${forbid("action, resource)")}`, ["error duplicate-id"]],
  ["is a template", `@id("a") forbid (principal == ?principal, action, resource);`, ["error template"]],
  ["names an unknown action", forbid(`action == Action::"aply", resource)`), ["error schema"]],
  ["is empty", "// nothing", ["error empty"]],
  ["asks nobody in particular", `@approval("x") ${forbid(`action == Action::"apply", resource)`)}`, ["error approval"]],
  ["can never match", forbid(`action == Action::"apply", resource is Run)`), ["warning never-matches"]],
  [
    "asks for approvals that lift nothing",
    `@approval("x:1") ${forbid(`action == Action::"apply", resource)`)}`,
    ["warning approval-never-lifts"],
  ],
  [
    "asks for approvals where there is nothing to approve",
    `@approval("x:1") ${forbid(`action == Action::"start", resource) unless { context.approved }`)}`,
    ["warning approval-elsewhere"],
  ],
])("a text that %s is said to", (_what, text, expected) => {
  expect(rulesOf(text)).toEqual(expected);
});

const known = {
  groups: ["data"],
  projects: ["shop"],
  environments: [{ project: "shop", name: "prod" }],
  tools: ["hosts.swap"],
};
const apply = `action == Action::"apply", resource)`;

test.each([
  [
    "asks a group that nobody is in",
    `@approval("dta:1") ${forbid(`${apply} unless { context.approved }`)}`,
    "group dta",
  ],
  ["asks a group of somebody", `@approval("data:1") ${forbid(`${apply} unless { context.approved }`)}`, null],
  ["spares a group that nobody is in", forbid(`${apply} unless { principal.groups.contains("dta") }`), "group dta"],
  ["spares a role", forbid(`${apply} unless { principal in Role::"boss" }`), "role boss"],
  ["is about an environment", forbid(`${apply} when { context.environment == "prd" }`), "environment prd"],
  ["is about one that there is", forbid(`${apply} when { ["prod", ""].contains(resource.environment) }`), null],
  [
    "is about a place in its scope",
    forbid(`action == Action::"apply", resource in Environment::"shop/prd")`),
    "environment shop/prd",
  ],
  ["names a place without its project", forbid(`action, resource in Environment::"prod")`), `Environment::"prod"`],
  ["is about a place that there is", forbid(`action, resource in Environment::"shop/prod")`), null],
  ["is about a project", forbid(`action, resource in Project::"shp")`), "project shp"],
  ["is about a tool", forbid(`${apply} when { "hosts.swp" != context.tool }`), "tool hosts.swp"],
  [
    "is about a tool among others",
    forbid(`${apply} when { context.tools.contains({ tool: "hosts.swp", effect: "reads" }) }`),
    "tool hosts.swp",
  ],
  ["compares what has no names", forbid(`${apply} when { context.effect == "drafts" }`), null],
])("a text that %s is warned of names that nothing has, and of no others", (_what, text, missing) => {
  const warnings = checkText(text, known).problems.map(({ severity, message }) => `${severity} ${message}`);
  expect(warnings).toHaveLength(missing === null ? 0 : 1);
  expect(warnings.join()).toMatch(missing === null ? /^$/ : new RegExp(`^warning .*${missing}`));
});

test("a name that nothing has is shown where it stands, once", () => {
  const text = `// prd\n@id("prd") forbid (principal, ${apply}\nwhen { context.environment == "prd" || resource.environment == "prd" };`;
  expect(checkText(text, known).problems).toMatchObject([{ rule: "unknown-environment", line: 3, column: 31 }]);
});

test("places count lines and characters, also behind letters of several bytes", () => {
  const text = `// ä é 漢\n@id("a") forbid (principal, action == Action::"apply", resource)\nwhen { "é" == context.efect };`;
  expect(checkText(text).problems).toMatchObject([{ line: 3, column: 15 }]);
});

test("whatever is written, checking it never throws", () => {
  const words = [
    "forbid",
    "permit",
    "(",
    ")",
    "principal",
    "action",
    ",",
    "resource",
    ";",
    "when",
    "{",
    "}",
    "?principal",
    `@id("a")`,
    "é",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 20 }), (parts) => {
      expect(checkText(parts.join(" ")).problems.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("a diff holds both texts, whatever they are", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { lines } = diffPolicies(before, after);
      const without = (change: string) => lines.flatMap((one) => (one.change === change ? [] : one.text)).join("\n");
      expect(without("added")).toBe(before);
      expect(without("removed")).toBe(after);
    }),
  );
});
