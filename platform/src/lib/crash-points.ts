/**
 * Named places where a fault test may kill the process. `armCrashPoint("before-flush:3")` kills it at the third passing;
 * unarmed, passing a point is one comparison.
 */
export const crashPoints = [
  "after-claim",
  "before-flush",
  "after-flush-before-effects",
  "after-effect-before-record",
  "after-record",
  "during-heartbeat",
  "before-park",
  "after-park",
  "before-takeover",
  "after-takeover",
  "after-inbox-read",
  "after-child-created",
  "after-permit",
] as const;
/** Within an attempt that thinks: between an answer of a model or a call of a tool and what is noted of it. */
export const thinkingCrashPoints = [
  "after-answer",
  "after-answer-noted",
  "before-tool-call",
  "after-tool-call",
] as const;
export type CrashPoint = (typeof crashPoints | typeof thinkingCrashPoints)[number];

let armed: string | null = null;
let left = 0;

/** `name` or `name:n` for the n-th passing. @throws TypeError for a name that no place has. */
export function armCrashPoint(spec: string): void {
  const [name = "", count = "1"] = spec.split(":");
  const all: readonly string[] = [...crashPoints, ...thinkingCrashPoints];
  if (!all.includes(name)) {
    throw new TypeError(`There is no crash point ${name}; there are ${all.join(", ")}.`);
  }
  armed = name;
  left = Number(count);
}

export function crashPoint(name: CrashPoint): void {
  if (armed !== name) return;
  left -= 1;
  // SIGKILL, so that no handler, no flush of buffers and no "finally" softens it.
  if (left <= 0) process.kill(process.pid, "SIGKILL");
}
