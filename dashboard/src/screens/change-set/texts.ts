import type { ChangeSet, Effect, Risk } from "@gantry/sdk";
import type { ChangeSetView } from "@gantry/sdk/api";
import { plural, type Texts } from "../../ui/texts.ts";

interface Said {
  counts(counts: ChangeSet["counts"]): { add: string; change: string; destroy: string };
  noCounts: string;
  effects: Record<Effect, string>;
  risk: Record<Risk["level"], string>;
  states: Record<ChangeSetView["status"], string>;
  change: string;
  riskTitle: string;
  touches: string;
  touchesNothing: string;
  touchesMore(count: number): string;
  touchesIn(environment: string): string;
  cost: string;
  monthly(amount: string, currency: string): string;
  steps: string;
  step(step: string, tool: string): string;
  noPreview: string;
  conditional: string;
  deferred: string;
  moreSteps(count: number): string;
  closely: string;
  fails: string;
  failsUndone: string;
  failsStays: string;
  failsUndo: string;
  undo: string;
  undoSelf: string;
  undoAsked: string;
  undoNothing: string;
  undoNow: string;
  cannot: string;
  canAll: string;
  policy: string;
  policyBuiltIn: string;
  needs: string;
  approvals(count: number, group: string): string;
  details: string;
  hash: string;
}

export const texts: Texts<Said> = {
  en: {
    counts: ({ add, change, destroy }) => ({
      add: `${add} to add`,
      change: `${change} to change`,
      destroy: `${destroy} to destroy`,
    }),
    noCounts: "No object is counted",
    effects: { reads: "only looks", drafts: "only drafts", changes: "changes things", destroys: "destroys things" },
    risk: { low: "low risk", medium: "medium risk", high: "high risk", critical: "critical risk" },
    states: {
      open: "waits for approval",
      approved: "approved",
      rejected: "rejected",
      expired: "expired",
      voided: "void",
      previewed: "dry run",
    },
    change: "Change",
    riskTitle: "Risk",
    touches: "What is touched",
    touchesNothing: "Nothing that the previews name",
    touchesMore: (count) => `Show ${count.toLocaleString("en")} more`,
    touchesIn: (environment) => `in ${environment}`,
    cost: "Cost",
    monthly: (amount, currency) => `${amount} ${currency} a month`,
    steps: "What happens, step by step",
    step: (step, tool) => `${step} · ${tool}`,
    noPreview: "This step has no preview: what it will do is known by its name only.",
    conditional: "only if its condition holds",
    deferred: "details are known once an earlier step has run",
    moreSteps: (count) => `Show ${plural("en", count, { one: "more step", other: "more steps" })}`,
    closely: "Look closely",
    fails: "If it fails",
    failsUndone: "What was done until then is undone by itself, the newest first.",
    failsStays: "It stops there, what was done stays, and a person decides.",
    failsUndo: "The undo stops there and waits for a person.",
    undo: "How it is undone",
    undoSelf: "By itself when a step fails; later when somebody asks for it, with an approval of its own.",
    undoAsked: "When somebody asks for it, with an approval of its own.",
    undoNothing: "There is nothing to undo.",
    undoNow: "What this undo does",
    cannot: "Can't be undone",
    canAll: "All of it can be undone.",
    policy: "Why it needs approval",
    policyBuiltIn: "built in",
    needs: "Needs",
    approvals: (count, group) => `${plural("en", count, { one: "approval", other: "approvals" })} of ${group}`,
    details: "Technical details",
    hash: "Hash",
  },
};
