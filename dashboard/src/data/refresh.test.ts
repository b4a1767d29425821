import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRefresher } from "./refresh.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A read that takes `ms`, and when each began. */
function slowRead(ms: number) {
  const began: number[] = [];
  const started = Date.now();
  return {
    began,
    read: async () => {
      began.push(Date.now() - started);
      await new Promise((done) => setTimeout(done, ms));
    },
  };
}

test("the first event of a quiet time is followed by a read at once", async () => {
  const { read, began } = slowRead(10);
  createRefresher(read, Date.now).ask(100);
  await vi.advanceTimersByTimeAsync(1);
  expect(began).toEqual([0]);
});

test("a flood of events is followed by few reads, the last of which is behind the last event", async () => {
  const { read, began } = slowRead(10);
  const refresher = createRefresher(read, Date.now);
  for (let ms = 0; ms < 500; ms += 1) {
    refresher.ask(100);
    await vi.advanceTimersByTimeAsync(1);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(began.length).toBeLessThanOrEqual(6);
  expect(began.at(-1)).toBeGreaterThan(430);
});

test("a read that takes long is given as much time to rest", async () => {
  const { read, began } = slowRead(1_000);
  const refresher = createRefresher(read, Date.now);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(500);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(began).toEqual([0, 2_000]);
});

test("a read that fails is followed by the next", async () => {
  const read = vi.fn<() => Promise<never>>(() => Promise.reject(new Error("gone")));
  const refresher = createRefresher(read, Date.now);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(1);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(200);
  expect(read).toHaveBeenCalledTimes(2);
});

test("what can wait is read with the next thing that can't", async () => {
  const { read, began } = slowRead(10);
  const refresher = createRefresher(read, Date.now);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(20);
  refresher.ask(1_000);
  await vi.advanceTimersByTimeAsync(180);
  expect(began).toEqual([0]);
  refresher.ask(100);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(began).toEqual([0, 200]);
});
