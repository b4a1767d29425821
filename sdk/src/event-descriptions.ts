import type { EventType } from "./events.ts";

interface EventDescription {
  /** When it happens, in one sentence. */
  when: string;
  /** Release that had it first. */
  since: string;
}

/** What each type of event tells, for people: the reference is made from it. */
export const eventDescriptions: { readonly [Type in EventType]: EventDescription } = {
  "run.created": {
    when: "Somebody or something submitted the run: its plan is stored, and a worker will claim it.",
    since: "0.1.0",
  },
  "run.started": {
    when: "Its concurrency key is free, policy lets the plan begin, and a worker carries it out.",
    since: "0.1.0",
  },
  "run.paused": {
    when: "Somebody paused it: no further attempt starts, those under way come to their end.",
    since: "0.1.0",
  },
  "run.resumed": { when: "Somebody let a paused run go on.", since: "0.1.0" },
  "run.halted": { when: "The kill switch is on, and the run noticed: no further attempt starts.", since: "0.1.0" },
  "run.unhalted": { when: "The kill switch is off again, and the run goes on.", since: "0.1.0" },
  "run.frozen": {
    when: "A freeze window keeps it from beginning what would change something; `until` is null when somebody must end it.",
    since: "0.1.0",
  },
  "run.unfrozen": { when: "No freeze window holds it any more.", since: "0.1.0" },
  "run.freeze_overridden": {
    when: "Somebody let it through the freeze windows that end by `until`, for this reason.",
    since: "0.1.0",
  },
  "run.cancel_requested": {
    when: "Somebody canceled it: what is under way comes to its end, then it ends, or undoes what it did.",
    since: "0.1.0",
  },
  "run.deadline_passed": {
    when: "The time that its plan gives the whole run is over; `run.failing` follows.",
    since: "0.1.0",
  },
  "run.failing": {
    when: "It can't succeed any more: nothing new starts, what is under way comes to its end.",
    since: "0.1.0",
  },
  "run.retried": {
    when: "Somebody had the failed steps of an ended run tried again; it is open once more.",
    since: "0.1.0",
  },
  "run.undo_started": {
    when: "What these steps did is undone from here on, in reverse order; `automatic` where the plan says so.",
    since: "0.1.0",
  },
  "run.finished": { when: "It has ended. Only a retry or an undo opens it again.", since: "0.1.0" },
  "run.suspected": {
    when: "Its worker died while it carried out this run, so it is tried in smaller company.",
    since: "0.1.0",
  },
  "step.skipped": {
    when: "The step's condition didn't hold, or it needs what a step that didn't run would have left.",
    since: "0.1.0",
  },
  "step.expanded": { when: "The items of a loop are known: one step key per item from here on.", since: "0.1.0" },
  "step.failed": {
    when: "The step failed for good: its tries are used up, or trying again can't help.",
    since: "0.1.0",
  },
  "step.retry_scheduled": {
    when: "An operation of the step will be tried (again) at `dueAt`, in Unix milliseconds.",
    since: "0.1.0",
  },
  "step.waiting": {
    when: "A wait began: until `dueAt`, or for a signal that must come by then.",
    since: "0.1.0",
  },
  "step.wait_ended": { when: "The time came, or the signal did with its payload.", since: "0.1.0" },
  "step.slot_awaited": {
    when: "Its concurrency key is taken by another run (`holder`), so it waits for its turn.",
    since: "0.1.0",
  },
  "step.limit_awaited": {
    when: "A rate limit, a budget or a circuit breaker keeps its attempt from starting yet.",
    since: "0.1.0",
  },
  "step.outcome_unclear": {
    when: "Nobody could find out whether its effect took place, so a person must settle it.",
    since: "0.1.0",
  },
  "step.undo_skipped": {
    when: "It is left as it is: the step changed nothing, its plan says so, or its tool can't undo it.",
    since: "0.1.0",
  },
  "attempt.started": {
    when: "An operation of a tool is about to be called. Committed before the call: nothing happens that isn't announced.",
    since: "0.1.0",
  },
  "attempt.noted": {
    when: "The attempt wrote down how far it is, for a later try to go on from; it goes on itself.",
    since: "0.1.0",
  },
  "attempt.succeeded": { when: "The operation ended well; `output` is what it gave.", since: "0.1.0" },
  "attempt.failed": {
    when: "The operation ended with an error that leaves no doubt about what it did.",
    since: "0.1.0",
  },
  "attempt.unknown": {
    when: "Whether it took effect isn't known: its worker is gone, or the tool was stopped in the middle.",
    since: "0.1.0",
  },
  "attempt.settled": {
    when: "Now it is known: the tool looked, a person said so, or the worker that was cut off reported late.",
    since: "0.1.0",
  },
  "child.started": { when: "A step that is a sub-run started it.", since: "0.1.0" },
  "child.ended": { when: "The sub-run ended; its outputs are the step's.", since: "0.1.0" },
  "child.undo_requested": { when: "The undo of this run asked its sub-run to undo what it did.", since: "0.1.0" },
  "change_set.created": {
    when: "All that would change is known and policy has decided; where that is `require_approval`, people are asked until `expiresAt`.",
    since: "0.1.0",
  },
  "change_set.approved": { when: "It has all the approvals that policy wants.", since: "0.1.0" },
  "change_set.rejected": {
    when: "Somebody who may approve it or who asked for it refused it, or policy denies it.",
    since: "0.1.0",
  },
  "change_set.expired": { when: "The time to approve it is over.", since: "0.1.0" },
  "change_set.voided": {
    when: "It doesn't hold any more, since something of it is other now or the run ends; people are asked anew if it still matters.",
    since: "0.1.0",
  },
  "change_set.commented": { when: "Somebody said something about it. Its hash stays the same.", since: "0.1.0" },
  "approval.recorded": {
    when: "Somebody approved the change set for a group, in their own right or by a delegation; `record` is signed.",
    since: "0.1.0",
  },
  "approval.escalated": {
    when: "Nobody had answered in the time that the environment gives; the group named is told.",
    since: "0.1.0",
  },
  "signal.received": {
    when: "Somebody sent a signal; the wait for that name takes it, now or when it comes.",
    since: "0.1.0",
  },
  "command.refused": { when: "A command reached the run in a state in which it makes no sense.", since: "0.1.0" },
};
