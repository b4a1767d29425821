import fc from "fast-check";
import { expect, test } from "vitest";
import { createPlanBuilder } from "../plan-builder.ts";
import { includesOf, loadRunbooks } from "./load.ts";
import { readTests } from "./read-tests.ts";

const runs = { numRuns: 100 };

/** Loads whatever it is; the only thing that may come of it is problems with places, or a runbook. */
function expectSurvival(text: string): void {
  const source = { file: "fuzz.yaml", text };
  const { problems, runbooks } = loadRunbooks([source]);
  for (const { line, column, message } of problems) {
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(message).not.toBe("");
  }
  expect(problems.length > 0 || runbooks.length === 1).toBe(true);
}

const whole = (steps: string): string => `name: a.b\nversion: 1.0.0\ntitle: T\nsteps:\n${steps}`;

test("any text is read or refused, never thrown at", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), expectSurvival), runs);
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 500 }), expectSurvival), runs);
});

test("whatever it is, its includes and cases can be asked for", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      const source = { file: "fuzz.yaml", text };
      expect([includesOf(source), readTests(source).tests]).toEqual([expect.any(Array), expect.any(Array)]);
    }),
    runs,
  );
});

test("any text made of what YAML is made of is read or refused", () => {
  expect.hasAssertions();
  const parts = [
    "\n",
    "  ",
    "- ",
    ": ",
    "&a ",
    "*a",
    "{",
    "}",
    "[",
    "]",
    "|",
    ">",
    "? ",
    "!!",
    "#",
    "'",
    '"',
    "${{",
    "}}",
  ];
  const words = ["steps", "name", "tool", "when", "each", "__proto__", "constructor", "0x1f", "1e999", ".nan", "~"];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts, ...words), { maxLength: 200 }), (all) =>
      expectSurvival(all.join("")),
    ),
    runs,
  );
});

test("any JSON is a runbook or has problems", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), expectSurvival), runs);
  const step = fc.dictionary(
    fc.constantFrom("id", "tool", "input", "when", "each", "if", "after", "wait", "run", "__proto__"),
    fc.jsonValue(),
  );
  const file = fc.record({ steps: fc.array(step), parameters: fc.dictionary(fc.string(), fc.jsonValue()) });
  fc.assert(
    fc.property(file, ({ steps, parameters }) =>
      expectSurvival(JSON.stringify({ name: "a.b", version: "1.0.0", title: "T", steps, parameters })),
    ),
    runs,
  );
});

test("any expression is read or refused, at planning too", () => {
  const parts = [
    "parameters",
    ".",
    "a",
    "steps",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    '"',
    "'",
    "\\",
    "+",
    "-",
    "!",
    "?",
    ":",
    "&&",
    "1",
    "map(x,",
    "item",
    "$",
    " ",
  ];
  const expression = fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((all) => all.join(""));
  fc.assert(
    fc.property(expression, (text) => {
      const value = JSON.stringify(`\${{ ${text} }}`);
      const source = whole(`  - {id: x, tool: a.b, input: {y: ${value}}, when: ${JSON.stringify(text)}, if: ${value}}`);
      expectSurvival(source);
      const { runbook } = loadRunbooks([{ file: "a", text: source }]).runbooks[0] ?? {};
      if (!runbook) return;
      const builder = createPlanBuilder("dev");
      expect(() => runbook.spec.plan(builder, {})).toThrow(/is not valid|isn't/);
    }),
    { numRuns: 300 },
  );
});

const hostile: [string, string][] = [
  ["deep lists", "[".repeat(50_000)],
  ["deep maps", "{a: ".repeat(30_000)],
  ["deep blocks", Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ["long chains of dashes", "- ".repeat(50_000)],
  ["many keys", Array.from({ length: 15_000 }, (_, index) => `k${index}: 1`).join("\n")],
  ["one key many times", "a: 1\n".repeat(30_000)],
  [
    "a billion laughs",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
      .split("")
      .map((name, index) => `${name}: &${name} [${`*${"abcdefgh".charAt(index)},`.repeat(9)}]`)
      .join("\n")}`,
  ],
  ["many aliases", `a: &a x\nb: [${"*a,".repeat(5_000)}]`],
  ["an alias to itself", "a: &a [*a]"],
  ["anchors without end", "&a ".repeat(20_000)],
  [
    "huge numbers",
    whole("  - {id: x, tool: a.b, input: {n: 123456789012345678901234567890, e: 1e400, h: 0xffffffffffffffffff}}"),
  ],
  ["prototype keys", whole("  - {id: x, tool: a.b, input: {__proto__: {a: 1}, constructor: {prototype: {}}}}")],
  [
    "parameters named like an object's own",
    "name: a.b\nversion: 1.0.0\ntitle: T\nparameters: {constructor: {type: text}, toString: {type: text}}\nsteps: [{id: constructor, tool: a.b}]",
  ],
  [
    "deep types",
    `name: a.b\nversion: 1.0.0\ntitle: T\nparameters: {a: ${"{type: list, items: ".repeat(35)}{type: text}${"}".repeat(35)}}\nsteps: [{id: x, tool: a.b}]`,
  ],
  ["deep expressions", whole(`  - {id: x, tool: a.b, when: "${"(".repeat(900)}1${")".repeat(900)}"}`)],
  ["long sums", whole(`  - {id: x, tool: a.b, input: {y: "\${{ ${"1+".repeat(950)}1 }}"}}`)],
  [
    "loops in loops",
    whole(`  - {id: x, tool: a.b, input: {y: "\${{ ${"[1,2,3].map(a, ".repeat(30)}a${")".repeat(30)} }}"}}`),
  ],
  ["many expressions", whole(`  - {id: x, tool: a.b, input: {y: "${"${{ 1 }}".repeat(5_000)}"}}`)],
  [
    "a pattern that backtracks",
    "name: a.b\nversion: 1.0.0\ntitle: T\nparameters: {a: {type: text, pattern: '(a+)+$', default: " +
      "a".repeat(5_000) +
      "!}}\nsteps: [{id: x, tool: a.b}]",
  ],
  ["a too large file", "a".repeat(300_000)],
  ["NUL and half pairs", "a: \0\ud800"],
  ["a byte order mark and CRLF", `\ufeff${whole("  - {id: x, tool: a.b}")}`.replaceAll("\n", "\r\n")],
];

test.each(hostile)("%s do no harm", (_name, text) => {
  const before = process.memoryUsage().heapUsed;
  expectSurvival(text);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(400_000_000);
});

test("an expression can't be used to fill the memory or to take for ever", () => {
  const text = `name: a.b
version: 1.0.0
title: T
parameters: {list: {type: list, items: {type: integer}}, text: {type: text, default: ""}}
steps:
  - {id: x, tool: a.b, input: {y: "\${{ parameters.list.map(a, parameters.list.map(b, a)) }}", z: "\${{ parameters.text.replace('', parameters.text) }}"}}
`;
  const { runbook } = loadRunbooks([{ file: "a", text }]).runbooks[0] ?? {};
  const plan = (given: object): unknown =>
    runbook?.spec.plan(createPlanBuilder("dev"), runbook.spec.parameters.parse(given));
  expect(() => plan({ list: Array.from({ length: 9_000 }, (_, index) => index) })).toThrow(/would take too long/);
  expect(() => plan({ list: [], text: "x".repeat(90_000) })).toThrow(/becomes too long/);
});

test("a few files that include each other often make a refusal, not billions of steps", () => {
  const level = (index: number): string =>
    `name: a.l${index}\nversion: 1.0.0\ntitle: T\nsteps:\n${Array.from({ length: 20 }, (_, step) =>
      index === 0 ? `  - {id: s${step}, if: "false", tool: a.b}` : `  - {id: s${step}, include: a.l${index - 1}@1.0.0}`,
    ).join("\n")}\n`;
  const files = Array.from({ length: 10 }, (_, index) => ({ file: `${index}.yaml`, text: level(index) }));
  const { runbooks } = loadRunbooks(files);
  const top = runbooks.find(({ name }) => name === "a.l9")?.runbook;
  expect(() => top?.spec.plan(createPlanBuilder("dev"), {})).toThrow(/includes other runbooks more than 1000 times/);
});
