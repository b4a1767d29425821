import fc from "fast-check";
import { expect, test } from "vitest";
import { createTimers, dueTimers, earliestTimer, startTimer } from "./timers.ts";

test("timers say which is next and which are due, whatever was started, started again and cleared before", () => {
  const purposes = ["run", "verify", "wait"] as const;
  const steps = fc.array(
    fc.record({ key: fc.nat(30), at: fc.option(fc.nat(100), { nil: null }), purpose: fc.constantFrom(...purposes) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, fc.nat(100), (all, now) => {
      const timers = createTimers();
      const plain = new Map<string, { at: number; purpose: string }>();
      for (const { key, at, purpose } of all) {
        if (at === null) {
          timers.entries.delete(`${key}`);
          plain.delete(`${key}`);
        } else {
          startTimer(timers, `${key}`, at, purpose);
          plain.set(`${key}`, { at, purpose });
        }
        expect(earliestTimer(timers)).toBe(Math.min(...[...plain.values()].map((one) => one.at)));
      }
      for (const purpose of purposes) {
        const due = [...plain].filter(([, one]) => one.purpose === purpose && one.at <= now).map(([key]) => key);
        expect([...dueTimers(timers, purpose, now)].toSorted()).toEqual(due.toSorted());
      }
    }),
  );
});
