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
