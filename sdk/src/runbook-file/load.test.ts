import { expect, test } from "vitest";
import { loadRunbooks } from "./load.ts";

const tools = new Set(["kit.read", "kit.change"]);
const around = { tools, runbook: () => undefined, versions: () => [] };

/** `line:column code message | hint` of all that is wrong. */
function problemsOf(text: string): string[] {
  return loadRunbooks([{ file: "a.yaml", text }], around).problems.map(
    ({ line, column, code, message, hint }) =>
      `${line}:${column} ${code} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

const head = "name: shop.release\nversion: 1.0.0\ntitle: Release\n";

test("all problems of a file come at once, each with its place, a stable code and a hint", () => {
  expect(
    problemsOf(`name: shop.release
version: 1.0
title: Release
title: Again
parameters:
  port: {type: integr}
  hosts: {type: list, items: {type: text}, mni: 1}
  size: {type: integer, min: 5, max: 2, default: big}
steps:
  - id: fetch
    tool: kit.raed
    dependsOn: [x]
  - id: next
    tool: kit.read
    timeout: 30
    when: parameters.port == 1 && steps.fetsh.output.ok
    input:
      url: http://\${{ steps.fetch.output.host }}:\${{ parametrs.port }}/\${{ 1 + }}
      sum: \${{ steps.fetch.output.n + 1 }}
      key: Bearer \${{ secrets.token }}
  - id: next
    after: [nobody]
    tol: kit.read
`),
  ).toEqual([
    "2:10 runbook_field_invalid It must be text, not 1. | Put it in quotes.",
    '4:1 runbook_key_duplicate The key "title" stands here twice. | Keep one of them: which of the two would count isn\'t something to guess.',
    '6:16 runbook_field_invalid There is no type "integr". | Did you mean "integer"?',
    '7:44 runbook_field_unknown There is no field "mni" here. | Did you mean "min"?',
    "8:38 runbook_parameter_invalid Nothing is at least 5 and at most 2.",
    '8:50 runbook_parameter_invalid The default doesn\'t fit the parameter. It must be a number, not "big".',
    '11:11 runbook_tool_unknown No agent here has a tool kit.raed. | Did you mean "kit.read"?',
    '12:5 runbook_field_unknown There is no field "dependsOn" here. | Did you mean "after"?',
    "15:14 runbook_field_invalid It must be text, not 30. | Write its unit too, such as 30s.",
    "16:11 runbook_expression_invalid parameters is known when the plan is made, not while the run goes on. | Write ${{ parameters.port }} for its value here, or decide with `if` whether there is a step.",
    '16:35 runbook_reference_unknown There is no step "fetsh". | Did you mean "fetch"?',
    '18:54 runbook_reference_unknown "parametrs" is no name here. | Did you mean "parameters"?',
    "18:78 runbook_expression_invalid It isn't CEL: found +. | Expressions are CEL: names, operators and functions, text in quotes.",
    "19:16 runbook_expression_invalid What steps holds is known only while the run goes on: it can be passed on as it is, but not computed with. | Write it alone, as ${{ steps… }}, and decide with `when`.",
    "20:23 runbook_secret_in_text A secret can't be a part of a text: the tool gets it as a value of its own. | Store the whole text as a secret.",
    '21:5 runbook_field_missing The step doesn\'t say what it does. | Did you mean "tool"?',
  ]);
});

test.each([
  ["a: &a [*a]\n", "runbook_alias_refused"],
  [`a: &a x\nb: [${"*a, ".repeat(200)}]\n`, "runbook_alias_refused"],
  ["a: !!binary aGk=\n", "runbook_value_refused"],
  ["a: 12345678901234567890\n", "runbook_value_refused"],
  ["__proto__: {}\n", "runbook_value_refused"],
  ["<<: {}\n", "runbook_value_refused"],
  ["a: [1, 2\n", "runbook_yaml_invalid"],
  ["a: {b: ${{ parameters.x }}}\n", "runbook_yaml_invalid"],
  ["a: 1\n---\na: 2\n", "runbook_yaml_invalid"],
  [`steps: [{id: a, tool: kit.read, after: [b]}, {id: b, tool: kit.read, after: [a]}]\n`, "runbook_step_cyclic"],
  [`steps: [{id: a, wait: {for: 1m, signal: x}}]\n`, "runbook_field_invalid"],
  [`steps: [{id: a, tool: kit.read, input: {$ref: [b]}}]\n`, "runbook_field_invalid"],
  [`steps: [{id: a, include: shop.base}]\n`, "runbook_include_unpinned"],
  [`steps: [{id: a, include: shop.base@1.0.0}]\n`, "runbook_include_unknown"],
])("%#: hostile or wrong text is refused with a code of its own", (text, code) => {
  expect(problemsOf(head + text).some((problem) => problem.includes(` ${code} `))).toBe(true);
});

test("files that include each other are refused, wherever one begins to read", () => {
  const file = (name: string, other: string) => ({
    file: `${name}.yaml`,
    text: `name: shop.${name}\nversion: 1.0.0\ntitle: T\nsteps: [{id: x, include: shop.${other}@1.0.0}]\n`,
  });
  const { problems, runbooks } = loadRunbooks([file("a", "b"), file("b", "c"), file("c", "a")], around);
  expect(problems.map(({ code }) => code)).toContain("runbook_include_cyclic");
  expect(problems.find(({ code }) => code === "runbook_include_cyclic")?.message).toContain(
    "shop.a → shop.b → shop.c → shop.a",
  );
  expect(runbooks.every(({ runbook }) => runbook === undefined)).toBe(true);
});

test("a deprecated runbook that is included is told, with what to use instead", () => {
  const base = `name: shop.base\nversion: 1.0.0\ntitle: B\ndeprecated: {since: 1.1.0, use: shop.base@2.0.0}\nsteps: [{id: a, tool: kit.read}]\n`;
  const files = [
    { file: "a.yaml", text: `${head}steps: [{id: x, include: shop.base@1.0.0}]\n` },
    { file: "b.yaml", text: base },
  ];
  expect(loadRunbooks(files, around).problems).toMatchObject([
    { severity: "warning", code: "runbook_deprecated", hint: "Use shop.base@2.0.0 instead.", line: 4 },
  ]);
});

test("parameters are typed, limited, and refused with their names", () => {
  const text = `${head}parameters:
  name: {type: text, pattern: "^[a-z]+$", max: 5}
  port: {type: integer, min: 1, max: 9}
  pause: {type: duration, default: 90s}
  of: {type: map, items: {type: list, items: {type: boolean}}, optional: true}
  free: {type: json, optional: true}
steps: [{id: a, tool: kit.read, input: {all: "\${{ parameters }}"}}]
`;
  const { runbooks, problems } = loadRunbooks([{ file: "a.yaml", text }], around);
  expect(problems).toEqual([]);
  const parse = (given: object) => runbooks[0]?.runbook?.spec.parameters.safeParse(given).success;
  expect(parse({ name: "abc", port: 5 })).toBe(true);
  expect(parse({ name: "abc", port: 5, of: { a: [true] } })).toBe(true);
  for (const wrong of [
    { name: "ABC" },
    { name: "abcdef" },
    { port: 10 },
    { port: 1.5 },
    { pause: "soon" },
    { more: 1 },
  ])
    expect(parse({ name: "abc", port: 5, ...wrong })).toBe(false);
  expect(parse({ name: "abc", port: 5, free: { a: [{ $secret: "prod" }] } })).toBe(false);
});
