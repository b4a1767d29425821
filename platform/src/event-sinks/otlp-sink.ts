import type { EventSink, PublishedEvent } from "@gantry/sdk/event-bus";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
  type ReadWriteLogRecord,
} from "@opentelemetry/sdk-logs";

/**
 * Events as OpenTelemetry log records over OTLP/HTTP. The bus batches and tries again, so each batch is handed to the
 * exporter itself; OpenTelemetry's own batching would be a second queue that drops uncounted.
 */
export function createOtlpSink({
  url,
  headers,
  version,
}: {
  url: string;
  headers: Record<string, string>;
  version: string;
}): EventSink {
  const exporter: LogRecordExporter = new OTLPLogExporter({ url, headers, timeoutMillis: 8_000 });
  const records: ReadableLogRecord[] = [];
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "gantry", "service.version": version }),
    processors: [
      {
        onEmit: (record: ReadWriteLogRecord) => void records.push(record),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const logger = provider.getLogger("gantry.events", version);
  return {
    name: "otlp",
    write: async (events) => {
      for (const event of events) logger.emit(recordOf(event));
      const batch = records.splice(0);
      await new Promise<void>((resolve, reject) => {
        exporter.export(batch, ({ code, error }) => {
          // 0 is success; anything else means that the collector took nothing.
          if (code === 0) resolve();
          else reject(error ?? new Error("The collector refused the events."));
        });
      });
    },
    close: () => exporter.shutdown(),
  };
}

function recordOf(event: PublishedEvent) {
  const failed = /\.(failed|failing|unknown|outcome_unclear|refused|suspected)$/.test(event.type);
  return {
    eventName: `gantry.${event.type}`,
    timestamp: event.at,
    severityNumber: failed ? SeverityNumber.WARN : SeverityNumber.INFO,
    severityText: failed ? "WARN" : "INFO",
    body: JSON.stringify(event.data),
    attributes: {
      "gantry.org": event.org,
      "gantry.run": event.run,
      "gantry.seq": event.seq,
      "gantry.category": event.category,
      "gantry.actor.id": event.actor.id,
      "gantry.actor.kind": event.actor.kind,
    },
  };
}
