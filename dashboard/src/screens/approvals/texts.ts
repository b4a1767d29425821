import type { ChangeSet, Origin, TriggeredBy } from "@gantry/sdk";
import type { ChangedEntry, ChangeSetView, OpenApproval } from "@gantry/sdk/api";
import { plural, type Texts } from "../../ui/texts.ts";
import { partInWords } from "./part-in-words.ts";

interface Said {
  title: string;
  lead: string;
  questions: string;
  one: string;
  mine: string;
  all: string;
  none: string;
  noneMine: string;
  more: string;
  /** Who wants to do what where. */
  sentence(who: string, change: Pick<ChangeSet, "gate" | "effect">, environment: string, goal: string): string;
  touched(radius: ChangeSet["blastRadius"]): string;
  asked: string;
  expires(left: string): string;
  over: string;
  given(needed: OpenApproval["needed"], given: OpenApproval["given"]): string;
  nothing(goal: string): string;
  who: string;
  what: string;
  now: string;
  before: string;
  comments: string;
  command: string;
  askedBy: string;
  triggered(by: TriggeredBy): string;
  why: string;
  madeFrom: string;
  origins: Record<Origin["kind"], string>;
  needs: string;
  groupNeeds(group: string, count: number, left: number): string;
  approvedBy(who: string, group: string, onBehalfOf: string | null): string;
  run: string;
  stale: string;
  staleStates: Record<ChangeSetView["status"], string>;
  changedSince: string;
  seen: string;
  staleHint: string;
  omitted(count: number): string;
  changedStep(title: string, change: ChangedEntry["change"]): string;
  part(path: string): string;
  named: Record<"touches" | "policies", { added: string; removed: string }>;
  was: string;
  is: string;
  noComments: string;
  comment: string;
  commentHint: string;
  say: string;
  approve: string;
  reject: string;
  stored: string;
  accepted: string;
  decided: Record<Exclude<ChangeSetView["status"], "open">, string>;
  watch: string;
  because(who: string, reason: string): string;
  approveTitle(environment: string): string;
  optionalComment: string;
  codeHint: string;
  withCode: string;
  withPasskey: string;
  passkeyHint: string;
  noFactor: string;
  toAccount: string;
  elsewhere: string;
  openElsewhere: string;
  confirmed: string;
  rejectTitle(environment: string): string;
  rejectHint: string;
  rejectReason: string;
}

export const texts: Texts<Said> = {
  en: {
    title: "Approvals",
    lead: "Changes that wait for somebody to say yes or no, and questions of runs.",
    questions: "Questions of runs",
    one: "Approval",
    mine: "For you",
    all: "All",
    none: "Nothing waits for approval.",
    noneMine: "Nothing waits for you.",
    more: "Show more",
    sentence: (who, { gate, effect }, environment, goal) => {
      const does = gate === "undo" ? "undo in" : effect === "destroys" ? "change and destroy things in" : "change";
      return `${who} wants to ${does} ${environment}: ${goal}`;
    },
    touched: ({ touches, omitted }) =>
      `touches ${plural("en", touches.length + omitted, { one: "thing", other: "things" })}`,
    asked: "asked",
    expires: (left) => `expires in ${left}`,
    over: "expired",
    given: (needed, given) =>
      needed
        .map(({ group, count }) => {
          const has = given.filter((one) => one.group === group).length;
          return `${has} of ${count} by ${group}`;
        })
        .join(", "),
    nothing: (goal) => `Nothing of this run waits for approval: ${goal}`,
    who: "Who asks, and why",
    what: "What will happen",
    now: "What it is now",
    before: "What you looked at",
    comments: "Comments",
    command: "The same at the command line",
    askedBy: "Asked by",
    triggered: ({ name }) => `started by the trigger ${name}`,
    why: "To do",
    madeFrom: "Made from",
    origins: { fork: "an edited copy of run", retry: "another try of run", dry_run: "the dry run" },
    needs: "Needs",
    groupNeeds: (group, count, left) =>
      left === 0
        ? `${plural("en", count, { one: "approval", other: "approvals" })} of ${group}: given`
        : `${plural("en", count, { one: "approval", other: "approvals" })} of ${group}, ${left} still missing`,
    approvedBy: (who, group, of) => `Approved by ${who}${of === null ? "" : ` for ${of}`} (${group})`,
    run: "Run",
    stale: "This isn't what you looked at any more.",
    staleStates: {
      open: "Another change set took its place.",
      approved: "It was approved.",
      rejected: "It was rejected.",
      expired: "Its time to be approved was over.",
      voided: "It is void.",
      previewed: "It was a dry run.",
    },
    changedSince: "What changed since you looked",
    seen: "I have read it",
    staleHint: "Read what changed first; the buttons then stand for the new change.",
    omitted: (count) => `${plural("en", count, { one: "more difference", other: "more differences" })} not shown.`,
    changedStep: (title, change) =>
      ({ added: `${title}: this step is new`, removed: `${title}: this step is gone`, changed: title })[change],
    part: partInWords,
    named: {
      touches: { added: "Now touches", removed: "No longer touches" },
      policies: { added: "Now decided by", removed: "No longer decided by" },
    },
    was: "was",
    is: "is now",
    noComments: "Nobody has said anything yet.",
    comment: "Say something about it",
    commentHint: "Whoever looks at it sees this. What is approved stays the same.",
    say: "Say it",
    approve: "Approve",
    reject: "Reject",
    stored: "Your approval counts.",
    accepted: "Your approval is stored. It takes effect when a worker takes the run.",
    decided: {
      approved: "This was approved.",
      rejected: "This was rejected.",
      expired: "Nobody approved it in time.",
      voided: "This change set is void. A new one comes if the run goes on.",
      previewed: "This is a dry run: it changes nothing and asks nobody.",
    },
    watch: "Watch it",
    because: (who, reason) => `${who}: ${reason}`,
    approveTitle: (environment) => `Approve this change of ${environment}?`,
    optionalComment: "Comment (if you like)",
    codeHint: "The approval counts for this very change and no other.",
    withCode: "Approve with the code",
    withPasskey: "Approve with a passkey",
    passkeyHint: "Your passkey confirms this very change and no other.",
    noFactor: "Approving here needs an authenticator app or a passkey, and you have neither.",
    toAccount: "Set one up",
    elsewhere: "Your passkey belongs to another address of this installation. Confirm it there, then come back.",
    openElsewhere: "Confirm it there",
    confirmed: "I confirmed it",
    rejectTitle: (environment) => `Reject this change of ${environment}?`,
    rejectHint: "The run ends, and whoever asked for it reads why.",
    rejectReason: "Why",
  },
};
