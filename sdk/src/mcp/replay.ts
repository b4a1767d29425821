import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** Kept of a session, over all of its streams. */
const mostMessages = 200;
const mostCharacters = 256 * 1024;

/** What a session sent last, so that a connection that broke goes on behind the last message that came (Last-Event-ID). */
export function createReplay(): EventStore {
  const kept: { id: string; stream: string; message: JSONRPCMessage; size: number }[] = [];
  let size = 0;
  let last = 0;
  const streamOf = (id: string): string => id.slice(0, id.lastIndexOf(":"));
  return {
    async storeEvent(stream, message) {
      const id = `${stream}:${(last += 1)}`;
      const one = { id, stream, message, size: JSON.stringify(message).length };
      kept.push(one);
      size += one.size;
      while (kept.length > mostMessages || size > mostCharacters) size -= kept.shift()?.size ?? 0;
      return id;
    },
    getStreamIdForEventId: async (id) => (/:\d+$/.test(id) ? streamOf(id) : undefined),
    async replayEventsAfter(id, { send }) {
      const stream = streamOf(id);
      const after = Number(id.slice(stream.length + 1));
      // The first of each stream is empty: it only says from where to go on.
      const missed = kept.filter(
        (one) => one.stream === stream && "jsonrpc" in one.message && numberOf(one.id) > after,
      );
      for (const one of missed) await send(one.id, one.message);
      return stream;
    },
  };
}

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf(":") + 1));
