// Where this process's events go besides the database: sinks from the configuration, on the sdk's bus. Imported by boot.
import { fileURLToPath } from "node:url";
import { createEventBus, createFileSink, createHttpSink, type EventBus, type SinkOptions } from "@gantry/sdk/event-bus";
import type { EventSinkConfig } from "./config.ts";
import { createDatabaseSink } from "./database-sink.ts";
import { createOtlpSink } from "./otlp-sink.ts";
import type { Log } from "../lib/log.ts";

export { parseEventSink, type EventSinkConfig } from "./config.ts";

/** The bus with a sink per configured address. Without any it costs nothing. */
export function openEventSinks(
  configured: readonly EventSinkConfig[],
  { log, version }: { log: Log; version: string },
): EventBus {
  return createEventBus(
    configured.map((one, index) => {
      const options = optionsOf(one, version);
      const before = configured.slice(0, index).filter(({ kind }) => kind === one.kind).length;
      return before === 0 ? options : { ...options, sink: { ...options.sink, name: `${one.kind}-${before + 1}` } };
    }),
    (sink, what, err) => {
      if (what === "failing")
        log.warn({ err, sink }, "A sink of events fails; nobody waits for it, and what it can't take is lost to it");
      else log.info({ sink }, "A sink of events works again");
    },
  );
}

function optionsOf({ kind, url, categories, maxBytes, keep }: EventSinkConfig, version: string): SinkOptions {
  const choice = categories === null ? {} : { categories };
  switch (kind) {
    case "file":
      return { ...choice, sink: createFileSink({ path: fileURLToPath(url), maxBytes, keep }) };
    case "http":
      return { ...choice, sink: createHttpSink(withoutUser(url)) };
    case "otlp":
      return { ...choice, sink: createOtlpSink({ ...withoutUser(url), version }) };
    case "database":
      return { ...choice, sink: createDatabaseSink(url) };
    default:
      return kind satisfies never;
  }
}

/** User and password of the address travel as Basic authorization. */
function withoutUser(address: string): { url: string; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = username === "" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  return { url: url.href, headers };
}
