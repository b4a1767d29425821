import { expect, test } from "vitest";
import type { RunEvent } from "@gantry/sdk";
import { createEventList, type EventList, type EventPage } from "./event-list.ts";

const event = (seq: number): RunEvent => ({ seq, type: "run.resumed" }) as RunEvent;

/** A journal that grows, read in pages of three; the answers come when the test lets them. */
function world(length: number, first = 1) {
  const journal = { length, down: false };
  const asked: number[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  const readPage = async (after: number): Promise<EventPage> => {
    asked.push(after);
    if (holding) await new Promise<void>((resolve) => held.push(resolve));
    if (journal.down) throw new Error("no connection");
    const from = Math.max(after + 1, first);
    const events = Array.from({ length: Math.max(0, Math.min(3, journal.length - from + 1)) }, (_, index) =>
      event(from + index),
    );
    return { events, more: from + events.length - 1 < journal.length && events.length > 0 };
  };
  const waiting: (() => void)[] = [];
  const list: EventList = createEventList({ readPage, onChange: () => waiting.splice(0).forEach((go) => go()) });
  list.start();
  const until = async (is: () => boolean): Promise<void> => {
    while (!is()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    list,
    journal,
    asked,
    until,
    seqs: () => list.events.map(({ seq }) => seq),
    hold: () => (holding = true),
    release: () => {
      holding = false;
      held.splice(0).forEach((go) => go());
    },
  };
}
const to = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

test("pages come first, then the stream; what comes twice is dropped", async () => {
  const { list, until, seqs, asked } = world(7);
  await until(() => list.state() === "live");
  expect([seqs(), asked]).toEqual([to(7), [0, 3, 6]]);
  for (const seq of [6, 7, 8, 8, 9]) list.live(event(seq));
  expect([seqs(), asked.length]).toEqual([to(9), 3]);
});

test("a gap is filled by a page, once, however many events stand behind it", async () => {
  const { list, journal, until, seqs, asked, hold, release } = world(2);
  await until(() => list.state() === "live");
  journal.length = 12;
  hold();
  for (const seq of [5, 6, 9, 10, 11, 12]) list.live(event(seq));
  release();
  await until(() => list.events.length === 12);
  expect(seqs()).toEqual(to(12));
  // Behind 2 it reads up to 5 and has 6 already; up to 9, and has the rest; that page had said that there was more.
  expect(asked.slice(1)).toEqual([2, 6, 12]);
});

test("events of the stream that come while pages are read take their places", async () => {
  const { list, until, seqs } = world(4);
  for (const seq of [4, 5, 3, 6]) list.live(event(seq));
  await until(() => list.events.length === 6);
  expect(seqs()).toEqual(to(6));
});

test("of a history whose beginning was purged the rest is shown", async () => {
  const { list, until, seqs } = world(8, 5);
  await until(() => list.state() === "live");
  expect(seqs()).toEqual([5, 6, 7, 8]);
  expect([list.placeOf(5), list.placeOf(8), list.placeOf(4), list.placeOf(9)]).toEqual([0, 3, -1, -1]);
});

test("reading that failed is said, and goes on where it was", async () => {
  const { list, journal, until, seqs } = world(3);
  await until(() => list.state() === "live");
  Object.assign(journal, { length: 9, down: true });
  list.refresh();
  await until(() => list.state() === "failed");
  expect(list.error()).toBeInstanceOf(Error);
  journal.down = false;
  list.refresh();
  await until(() => list.state() === "live");
  expect(seqs()).toEqual(to(9));
});

test("whatever order and repetition, and however often it is cut, the list is the journal", async () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const { list, journal, until, seqs } = world(5);
  while (journal.length < 400) {
    journal.length += random(7);
    for (let count = random(6); count > 0; count -= 1) list.live(event(1 + random(journal.length)));
    if (random(5) === 0) list.refresh();
    if (random(3) === 0) await Promise.resolve();
  }
  list.refresh();
  await until(() => list.state() === "live" && list.events.length === journal.length);
  expect(seqs()).toEqual(to(journal.length));
});
