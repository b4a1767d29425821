import type { Effect } from "@gantry/sdk";
import type { PolicyFacts } from "@gantry/sdk/core";
import { describe, expect, test } from "vitest";
import { PolicyInvalidError } from "./cedar.ts";
import { createPolicy } from "./policy.ts";

const assess = createPolicy();

describe("the policies that Gantry ships", () => {
  test("let everybody look", () => {
    expect(decisionOn({ effect: "drafts" }, "strict").result).toBe("allow");
  });

  test("let changes through in an open environment", () => {
    expect(decisionOn({ effect: "changes" }, "open").result).toBe("allow");
  });

  test("ask for an approval before a guarded environment changes, and name the policy", () => {
    const decision = decisionOn({ effect: "changes" }, "guarded");
    expect(decision).toMatchObject({
      result: "require_approval",
      policies: ["approve-changes"],
      approvals: [{ group: "approvers", count: 1 }],
      facts: { environment: "staging", effect: "changes", protection: "guarded" },
    });
    expect(decision.reasons.join(" ")).toContain("guarded environment");
  });

  test("let an open environment lose a few things, and ask before it loses many", () => {
    const losing = (destroy: number) =>
      decisionOn({ effect: "destroys", counts: { add: 0, change: 0, destroy } }, "open").result;
    expect(losing(10)).toBe("allow");
    expect(losing(11)).toBe("require_approval");
  });

  test("ask for two approvals before a strict environment loses something", () => {
    const { approvals } = decisionOn({ effect: "destroys", counts: { add: 0, change: 0, destroy: 1 } }, "strict");
    expect(approvals).toEqual([{ group: "approvers", count: 2 }]);
  });

  test("deny mass destruction, which no approval lifts", () => {
    const decision = decisionOn({ effect: "destroys", counts: { add: 0, change: 0, destroy: 51 } }, "guarded");
    expect(decision).toMatchObject({ result: "deny" });
    expect(decision.policies).toContain("deny-mass-destruction");
  });

  test("deny an effect that they don't know", () => {
    const decision = decisionOn({ effect: "rewrites" as Effect }, "open");
    expect(decision).toMatchObject({ result: "deny", policies: ["default-deny"] });
  });

  test("want a person for changes that a model proposed after reading what nobody vouches for, in an open environment too", () => {
    const facts = factsOf({ environment: "dev", tainted: true });
    expect(assess(facts, { protection: "open" }).decision).toMatchObject({
      result: "require_approval",
      policies: ["approve-tainted-changes"],
      approvals: [{ group: "approvers", count: 1 }],
    });
    expect(assess({ ...facts, effect: "reads" }, { protection: "open" }).decision.result).toBe("allow");
    expect(assess({ ...facts, tainted: false }, { protection: "open" }).decision.result).toBe("allow");
  });
});

describe("policies of an installation", () => {
  test("deny when one of them can't be evaluated, instead of losing what it forbids", () => {
    const own = createPolicy(`
      @id("all") permit (principal, action, resource);
      @id("broken") forbid (principal, action, resource) when { context.nothing == 1 };`);
    expect(own(factsOf({}), { protection: "open" }).decision.result).toBe("deny");
  });

  test("are refused without an @id, with a malformed @approval, or when they don't parse", () => {
    expect(() => createPolicy("permit (principal, action, resource);")).toThrow(PolicyInvalidError);
    expect(() => createPolicy('@id("a") @approval("two") forbid (principal, action, resource);')).toThrow(
      /group:count/,
    );
    expect(() => createPolicy("permit (")).toThrow(PolicyInvalidError);
  });

  test("can ask several groups at once", () => {
    const own = createPolicy(`
      @id("all") permit (principal, action, resource);
      @id("a") @approval("security:1") forbid (principal, action, resource) unless { context.approved };
      @id("b") @approval("release:2") forbid (principal, action, resource) unless { context.approved };`);
    const { decision } = own(factsOf({}), { protection: "open" });
    expect(decision.approvals).toEqual([
      { group: "security", count: 1 },
      { group: "release", count: 2 },
    ]);
    expect(decision.shared).toBeUndefined();
  });

  test("let one person stand for several groups only where all that ask say so", () => {
    const ask = (more: string) =>
      createPolicy(`
      @id("all") permit (principal, action, resource);
      @id("a") @approval("security:1") @shared("true") forbid (principal, action, resource) unless { context.approved };
      @id("b") @approval("release:2") ${more} forbid (principal, action, resource) unless { context.approved };`);
    expect(ask('@shared("true")')(factsOf({}), { protection: "open" }).decision.shared).toBe(true);
    expect(ask("")(factsOf({}), { protection: "open" }).decision.shared).toBeUndefined();
  });

  test("that an approval would not lift deny instead of asking in vain", () => {
    const own = createPolicy(`
      @id("all") permit (principal, action, resource);
      @id("a") @approval("security:1") forbid (principal, action, resource);`);
    expect(own(factsOf({}), { protection: "open" }).decision.result).toBe("deny");
  });
});

test("risk grows with destruction, with what can't be undone and with the environment", () => {
  expect(riskOf({ effect: "changes" }, "open").level).toBe("low");
  expect(riskOf({ effect: "changes" }, "guarded").level).toBe("medium");
  expect(riskOf({ effect: "changes", undoable: false }, "guarded").level).toBe("high");
  expect(riskOf({ effect: "destroys", counts: { add: 0, change: 0, destroy: 11 } }, "guarded").level).toBe("critical");
});

function decisionOn(facts: Partial<PolicyFacts>, protection: "open" | "guarded" | "strict") {
  return assess(factsOf(facts), { protection }).decision;
}

function riskOf(facts: Partial<PolicyFacts>, protection: "open" | "guarded" | "strict") {
  return assess(factsOf(facts), { protection }).risk;
}

function factsOf(facts: Partial<PolicyFacts>): PolicyFacts {
  return {
    scope: "change_set",
    environment: "staging",
    runbook: null,
    requester: { kind: "user", id: "requester", name: "requester" },
    effect: "changes",
    counts: { add: 0, change: 1, destroy: 0 },
    tools: [{ tool: "deploy.switch", effect: "changes" }],
    undoable: true,
    deferred: 0,
    ...facts,
  };
}
