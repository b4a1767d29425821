import type { EventSink } from "./sink.ts";

/** POSTs batches as lines of JSON (`application/x-ndjson`). Anything but 2xx is a failure; redirects aren't followed. */
export function createHttpSink({
  url,
  headers = {},
}: {
  url: string;
  headers?: Readonly<Record<string, string>>;
}): EventSink {
  return {
    name: "http",
    write: async (events, signal) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/x-ndjson" },
        body: `${events.map((event) => JSON.stringify(event)).join("\n")}\n`,
        redirect: "error",
        signal,
      });
      // Not read: a receiver that never ends its answer must hold up nothing.
      await response.body?.cancel();
      if (!response.ok) throw new Error(`The receiver of events answered ${response.status}.`);
    },
  };
}
