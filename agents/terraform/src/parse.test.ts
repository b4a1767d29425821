import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { changesOf, describeOutputs, describePlan } from "./describe.ts";
import {
  countChanges,
  effectOf,
  parsePlan,
  parseStream,
  parseTextDiagnostics,
  parseValidation,
  type TerraformPlan,
} from "./parse.ts";

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/1.11.4/${name}`, import.meta.url), "utf8");

describe("a Terraform plan as it was recorded", () => {
  test("creating counts what is added and names every object", () => {
    const plan = parsePlan(fixture("show-create.json"));
    expect(countChanges(plan.resources)).toEqual({ add: 5, change: 0, destroy: 0 });
    expect(effectOf(plan)).toBe("changes");
    expect(plan.resources.map(({ address }) => address)).toContain('terraform_data.listed["a"]');
  });

  test("changing counts a replacement as one added and one destroyed", () => {
    const plan = parsePlan(fixture("show-change.json"));
    const actions = Object.fromEntries(plan.resources.map(({ address, action }) => [address, action]));
    expect(actions).toEqual({
      "terraform_data.kept": "update",
      "terraform_data.replaced": "replace",
      'terraform_data.listed["a"]': "delete",
      'terraform_data.listed["b"]': "none",
      'terraform_data.listed["c"]': "create",
      "terraform_data.moved_from[0]": "delete",
    });
    expect(countChanges(plan.resources)).toEqual({ add: 2, change: 1, destroy: 3 });
    expect(effectOf(plan)).toBe("destroys");
    expect(describePlan(plan)).toContain(
      "-/+ terraform_data.replaced will be destroyed and created anew, because of triggers_replace",
    );
  });

  test("what becomes of each object is told thing by thing, parts with both values", () => {
    const changes = changesOf(parsePlan(fixture("show-change.json")));
    expect(changes.map(({ name, action }) => [name, action])).toContainEqual(["terraform_data.kept", "update"]);
    expect(changes.find(({ name }) => name === "terraform_data.replaced")).toMatchObject({
      action: "replace",
      because: "triggers_replace",
      parts: expect.arrayContaining([{ path: "triggers_replace.0", before: "1", after: '"2"' }]) as unknown,
    });
    expect(changes.every(({ name }) => name !== 'terraform_data.listed["b"]')).toBe(true);
  });

  test("destroying is assessed as such", () => {
    const plan = parsePlan(fixture("show-destroy.json"));
    expect(effectOf(plan)).toBe("destroys");
    expect(countChanges(plan.resources)).toEqual({ add: 0, change: 0, destroy: 4 });
  });

  test("a sensitive value is shown nowhere, not even where the provider copied it", () => {
    for (const name of ["show-create.json", "show-change.json", "show-destroy.json"]) {
      expect(fixture(name)).toContain("hunter2-canary");
      const plan = parsePlan(fixture(name));
      expect(describePlan(plan) + JSON.stringify([describeOutputs(plan), changesOf(plan)])).not.toContain("hunter2");
    }
  });

  test("a format that isn't known is refused instead of guessed", () => {
    expect(() => parsePlan('{"format_version": "2.0"}')).toThrow(/plan format/);
  });
});

describe("what Terraform prints while it works", () => {
  test("counts, outputs and finished objects are read from the lines of an apply", () => {
    const stream = parseStream(fixture("apply-create.jsonl"));
    expect(stream.counts).toEqual({ add: 5, change: 0, destroy: 0 });
    expect(stream.outputs["name"]).toMatchObject({ sensitive: false, value: "app 1" });
    expect(stream.outputs["password"]).not.toHaveProperty("value");
    expect(stream.version).toBe("1.11.4");
  });

  test("an apply cut off anywhere is still read, up to the last whole line", () => {
    const whole = fixture("apply-create.jsonl");
    fc.assert(
      fc.property(fc.nat(whole.length), (length) => {
        const lines = whole.slice(0, length).split("\n").length;
        const { diagnostics, counts } = parseStream(whole.slice(0, length));
        expect(diagnostics).toEqual([]);
        expect(counts === null || lines > 1).toBe(true);
      }),
    );
  });

  test("errors carry their place, from JSON and from text", () => {
    expect(parseValidation(fixture("validate-invalid.json")).diagnostics).toEqual([
      {
        severity: "error",
        summary: "Unsupported argument",
        detail: 'An argument named "inputs" is not expected here. Did you mean "input"?',
        file: "bad.tf",
        line: 2,
      },
    ]);
    expect(parseTextDiagnostics(fixture("init-no-provider.txt"))).toEqual([
      expect.objectContaining({ severity: "error", summary: "Failed to query available provider packages" }),
    ]);
    const boxed = "╷\n│ Error: Unclosed block\n│ \n│   on main.tf line 3, in resource:\n│    3: x {\n╵\n";
    expect(parseTextDiagnostics(boxed)).toEqual([
      expect.objectContaining({ summary: "Unclosed block", file: "main.tf", line: 3 }),
    ]);
  });
});

describe("any plan", () => {
  const action = fc.constantFrom("no-op", "create", "update", "delete", "read", "forget");
  const actions = fc.oneof(
    action.map((one) => [one]),
    fc.constantFrom(["delete", "create"], ["create", "delete"]),
  );
  const raw = fc.record({
    format_version: fc.constant("1.2"),
    resource_changes: fc.uniqueArray(
      fc.record({
        address: fc.stringMatching(/^[a-z]{1,8}\.[a-z]{1,8}$/),
        mode: fc.constantFrom("managed", "data"),
        change: fc.record({ actions, before: fc.jsonValue(), after: fc.jsonValue() }),
      }),
      { selector: ({ address }) => address },
    ),
  });

  test("is counted so that the counts, the effect and the diff agree", () => {
    fc.assert(
      fc.property(raw, (shown) => {
        const plan = parsePlan(JSON.stringify(shown));
        const { add, change, destroy } = countChanges(plan.resources);
        const effect = effectOf(plan);
        expect(destroy > 0).toBe(effect === "destroys");
        expect(add + change + destroy === 0).toBe(effect === "reads");
        expect(describePlan(plan) === "No changes.").toBe(effect === "reads");
      }),
    );
  });

  test("hides what a mask marks, wherever the mask and the copies lie", () => {
    const secret = "s3cr3t-canary";
    const nested = fc.letrec<{ value: unknown; mask: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constant({ leaf: secret }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
      ),
      mask: fc.boolean(),
    })).value;
    const masked = fc
      .tuple(nested, fc.boolean())
      .map(([value, whole]) => ({ value, mask: whole ? true : maskAll(value) }));
    fc.assert(
      fc.property(masked, masked, nested, actions, (before, after, copy, chosen) => {
        const change = {
          actions: chosen,
          before: { given: before.value, computed: copy },
          after: { given: after.value, computed: copy },
          before_sensitive: { given: before.mask },
          after_sensitive: { given: after.mask },
        };
        const known = {
          actions: ["no-op"],
          before: secret,
          after: secret,
          before_sensitive: true,
          after_sensitive: true,
        };
        const plan = parsePlan(
          JSON.stringify({
            format_version: "1.2",
            resource_changes: [{ address: "a.b", mode: "managed", change }],
            output_changes: { known, copied: { ...change, before_sensitive: false, after_sensitive: false } },
          }),
        );
        expect(describePlan(plan) + JSON.stringify(describeOutputs(plan))).not.toContain(secret);
      }),
    );
  });

  test("shows no character that would change how the rest is read", () => {
    const text = fc.array(fc.nat(0x10ffff), { maxLength: 20 }).map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(text, text, (key, value) => {
        const plan: TerraformPlan = {
          version: "1",
          outputs: [],
          secrets: [],
          resources: [
            {
              address: "a.b",
              action: "create",
              before: null,
              after: { [`${key}\u202e`]: `${value}\u001b[2J` },
              afterUnknown: {},
              beforeSensitive: false,
              afterSensitive: {},
              replacedBecause: [],
            },
          ],
        };
        expect(describePlan(plan).replaceAll("\n", "")).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
  });
});

function maskAll(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return true;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, maskAll(part)]));
}
