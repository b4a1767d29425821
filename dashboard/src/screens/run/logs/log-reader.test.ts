import { expect, test } from "vitest";
import type { LogLine } from "@gantry/sdk/api";
import { ApiError } from "@gantry/sdk/client";
import { createLogReader, type LogReader, type LogState } from "./log-reader.ts";

type Query = { follow: boolean; after?: string };

/** A server with a log, whose connections the test holds in its hand. */
function world(length: number) {
  const asked: Query[] = [];
  const page = Object.assign(new EventTarget(), { hidden: false });
  const log = { lines: length, ended: false, cut: false, refused: false };
  let news = Promise.withResolvers<void>();
  const wake = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  async function* read(query: Query, signal: AbortSignal): AsyncGenerator<LogLine> {
    asked.push(query);
    if (log.refused) throw new ApiError({ status: 410, code: "logs_purged", retryable: false } as never);
    const lost = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    for (let line = Number(query.after ?? 0) + 1; ; line += 1) {
      for (; line > log.lines;) {
        if (!query.follow || log.ended) return;
        await Promise.race([news.promise, lost]);
        signal.throwIfAborted();
        if (log.cut) {
          log.cut = false;
          throw new Error("cut");
        }
      }
      yield { cursor: String(line), attempt: "a", stream: "stdout", at: "2026-01-01T00:00:00.000Z", text: `${line}\n` };
    }
  }
  const waiting: { state: LogState; lines: number; resolve: () => void }[] = [];
  const look = (): void => {
    for (const one of waiting) if (reader.state() === one.state && reader.store.lines === one.lines) one.resolve();
  };
  const reader: LogReader = createLogReader({
    read,
    page,
    onChange: look,
    breathe: async () => undefined,
    beforeFrame: queueMicrotask,
    now: () => 0,
    pause: async () => undefined,
  });
  reader.start();
  const reaches = (state: LogState, lines: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ state, lines, resolve });
      look();
    });
  return { reader, page, log, wake, asked, reaches };
}

test("it reads what is there, follows what comes, and ends with the run", async () => {
  const { reader, log, wake, reaches } = world(3);
  await reaches("following", 3);
  log.lines = 5;
  wake();
  await reaches("following", 5);
  log.ended = true;
  wake();
  await reaches("ended", 5);
  expect(reader.store.logs[0]?.texts).toEqual(["1", "2", "3", "4", "5"]);
  log.lines = 6;
  reader.resume();
  await reaches("ended", 6);
});

test("after a cut it goes on behind the last piece: nothing is lost, nothing comes twice", async () => {
  const { reader, log, wake, asked, reaches } = world(2);
  await reaches("following", 2);
  for (const lines of [4, 6, 8]) {
    log.lines = lines;
    log.cut = true;
    wake();
    await reaches("following", lines);
  }
  expect(reader.store.logs[0]?.texts).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
  expect(asked.map(({ after }) => after)).toContain("6");
  reader.resume();
  log.lines = 9;
  wake();
  await reaches("following", 9);
  reader.stop();
});

test("a hidden page lets go of its connection, and takes up where it was", async () => {
  const { reader, page, log, reaches, asked } = world(2);
  await reaches("following", 2);
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  await reaches("waiting", 2);
  log.lines = 4;
  const before = asked.length;
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await reaches("following", 4);
  expect(asked[before]).toEqual({ follow: false, after: "2" });
  reader.stop();
});

test("a log that can't be read is said to be so, with the reason", async () => {
  const { reader, log, wake, reaches } = world(1);
  await reaches("following", 1);
  Object.assign(log, { refused: true, cut: true });
  wake();
  await reaches("failed", 1);
  expect(reader.error()).toBeInstanceOf(ApiError);
});
