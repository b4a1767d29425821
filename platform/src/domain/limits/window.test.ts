import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyCounter, giveBack, take, use, type Bound } from "./window.ts";

const moves = fc.array(
  fc.record({
    wait: fc.nat(400),
    // How long after its permit an attempt begins, and after that something is known of it.
    delay: fc.nat(3_000),
    known: fc.nat(3_000),
    begins: fc.boolean(),
  }),
  { minLength: 1, maxLength: 120 },
);

test("no stretch of time sees more starts than the limit, however late attempts begin after their permits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 2_000 }), moves, (amount, perMs, list) => {
      const bound: Bound = { amount, perMs };
      const counter = emptyCounter();
      const starts: number[] = [];
      const later: { at: number; what: () => void }[] = [];
      const settleUntil = (now: number): void => {
        later.sort((a, b) => a.at - b.at);
        while (later[0] && later[0].at <= now) later.shift()?.what();
      };
      let now = 1_000_000;
      for (const { wait, delay, known, begins } of list) {
        now += wait;
        settleUntil(now);
        if (!take(counter, bound, now, now).granted) continue;
        const start = now + delay;
        const end = start + known;
        if (begins) starts.push(start);
        later.push({ at: end, what: () => (begins ? use(counter, bound, end) : giveBack(counter)) });
      }
      const sorted = starts.toSorted((a, b) => a - b);
      for (const [index, start] of sorted.entries()) {
        const inStretch = sorted.slice(index).filter((other) => other < start + perMs);
        expect(inStretch.length).toBeLessThanOrEqual(amount);
      }
      settleUntil(Number.POSITIVE_INFINITY);
      expect(counter.held).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("whoever waits and comes at the time that it was told gets a place, each in turn", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 60 }),
      (amount, perMs, waiters) => {
        const bound: Bound = { amount, perMs };
        const counter = emptyCounter();
        let now = 5_000_000;
        const line: { turn: number | null; id: number }[] = Array.from({ length: waiters }, (_, id) => ({
          turn: null,
          id,
        }));
        let toldThePast = 0;
        const served: number[] = [];
        for (let asked = 0; line.length > 0; asked += 1) {
          expect(asked).toBeLessThan(waiters * 40);
          const one = line.shift() as { turn: number | null; id: number };
          if (one.turn !== null) now = Math.max(now, one.turn);
          const taken = take(counter, bound, now, one.turn);
          if (taken.granted) {
            served.push(one.id);
            use(counter, bound, now);
          } else {
            if (taken.until === null || taken.until <= now) toldThePast += 1;
            line.push({ ...one, turn: taken.until });
            line.sort((a, b) => (a.turn ?? 0) - (b.turn ?? 0) || a.id - b.id);
          }
        }
        expect(toldThePast).toBe(0);
        expect(served).toEqual(Array.from({ length: waiters }, (_, id) => id));
      },
    ),
    { numRuns: 200 },
  );
});

test("a limit of attempts at once gives exactly its places, and again what was given back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.boolean(), { maxLength: 100 }), (amount, list) => {
      const counter = emptyCounter();
      let running = 0;
      for (const starts of list) {
        const room = running < amount;
        const granted = starts && take(counter, { amount, perMs: null }, 0, null).granted;
        expect(granted).toBe(starts && room);
        if (granted) running += 1;
        else if (!starts && running > 0) {
          use(counter, { amount, perMs: null }, 0);
          giveBack(counter);
          running -= 1;
        }
        expect(counter.held).toBe(running);
      }
    }),
  );
});

test("a limit of thousands keeps few marks", () => {
  const counter = emptyCounter();
  const bound: Bound = { amount: 100_000, perMs: 60_000 };
  for (let now = 0; now < 120_000; now += 7) {
    if (take(counter, bound, now, null).granted) use(counter, bound, now);
    expect(counter.marks.length).toBeLessThan(40);
  }
});
