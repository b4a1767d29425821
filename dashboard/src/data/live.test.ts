import type { FeedEvent } from "@gantry/sdk/api";
import type { FollowOptions, StreamItem } from "@gantry/sdk/client";
import { expect, test, vi } from "vitest";
import { createLive } from "./live.ts";

type Item = StreamItem<FeedEvent>;

/** A stream that the test fills, and a page that it hides and shows. */
function stage() {
  const connections: (FollowOptions & { send(item: Item): void; fail(error: Error): void })[] = [];
  const page = Object.assign(new EventTarget(), { hidden: false });
  async function* follow(options: FollowOptions): AsyncGenerator<Item> {
    const waiting: (Item | Error)[] = [];
    let wake = (): void => {};
    const put = (one: Item | Error): void => {
      waiting.push(one);
      wake();
    };
    connections.push({ ...options, send: put, fail: put });
    options.signal?.addEventListener("abort", () => wake());
    while (options.signal?.aborted !== true) {
      const next = waiting.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((done) => (wake = done));
    }
  }
  const live = createLive({ follow, page, hiddenMs: 50 });
  const seen: string[] = [];
  live.onEvent((event) => seen.push(event.run));
  const resets = vi.fn<(began: boolean) => void>();
  live.onReset(resets);
  return {
    live,
    seen,
    resets,
    connections,
    look(hidden: boolean) {
      page.hidden = hidden;
      page.dispatchEvent(new Event("visibilitychange"));
    },
  };
}

const event = (run: string, id: string): Item => ({ kind: "event", id, event: { run } as FeedEvent });

test("what was read before the stream began is read again once, and not when a connection is made again", async () => {
  const { live, resets, connections } = stage();
  connections[0]?.send({ kind: "ready", id: "1" });
  await expect.poll(() => live.state()).toBe("live");
  connections[0]?.send({ kind: "reconnecting", error: new Error("gone") });
  await expect.poll(() => live.state()).toBe("connecting");
  connections[0]?.send({ kind: "ready", id: "1" });
  await expect.poll(() => live.state()).toBe("live");
  expect(resets.mock.calls).toEqual([[true]]);
  connections[0]?.send({ kind: "reset", reason: "history_purged", id: "7" });
  await expect.poll(() => resets.mock.calls.length).toBe(2);
  expect(resets).toHaveBeenLastCalledWith(false);
  live.stop();
});

test("a page that nobody looks at lets go of the stream, and goes on behind the last event when it is looked at", async () => {
  const { live, look, seen, connections } = stage();
  connections[0]?.send(event("a", "5"));
  await expect.poll(() => seen).toEqual(["a"]);
  look(true);
  await expect.poll(() => live.state()).toBe("off");
  expect(connections[0]?.signal?.aborted).toBe(true);
  look(false);
  expect(connections[1]?.after).toBe("5");
  connections[1]?.send(event("b", "6"));
  await expect.poll(() => seen).toEqual(["a", "b"]);
  live.stop();
});

test("a page that is looked at again soon keeps its stream", async () => {
  const { live, look, connections } = stage();
  connections[0]?.send({ kind: "ready", id: "1" });
  look(true);
  look(false);
  connections[0]?.send(event("a", "2"));
  await expect.poll(() => live.state()).toBe("live");
  expect(connections.length).toBe(1);
  live.stop();
});

test("an error that trying again can't mend ends it, and is told", async () => {
  const { live, connections } = stage();
  connections[0]?.fail(new Error("The session is over."));
  await expect.poll(() => live.state()).toBe("ended");
});
