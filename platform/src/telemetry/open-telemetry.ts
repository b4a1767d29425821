import { diag, DiagLogLevel } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Log } from "../lib/log.ts";
import { createAgentTracer, type AgentTracer } from "./agent-tracer.ts";

/**
 * Sends to the collector that `OTEL_EXPORTER_OTLP_…` names; endpoint, headers, compression and time limits are read from the environment by its exporters,
 * as OpenTelemetry's specification says. What a collector doesn't take is dropped: it harms no run.
 */
export function openTelemetry({
  version,
  instance,
  environment,
  content,
  log,
}: {
  version: string;
  instance: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Whether spans have what was asked and answered, as far as organizations have that kept. */
  content: boolean;
  log: Log;
}): AgentTracer & { stop(): Promise<void> } {
  const warn = (message: string): void => log.warn({ problem: message.slice(0, 300) }, "OpenTelemetry has a problem");
  const quiet = (): void => {};
  diag.setLogger(
    { error: warn, warn, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resourceFromAttributes({
    "service.name": environment["OTEL_SERVICE_NAME"] ?? "gantry",
    "service.version": version,
    "service.instance.id": instance,
  });
  const random = new RandomIdGenerator();
  let next: string | null = null;
  const tracers = new TracerProvider({
    resource,
    idGenerator: {
      // A run's id has the 128 bits of a trace's.
      generateTraceId: () => {
        const id = next ?? random.generateTraceId();
        next = null;
        return id;
      },
      generateSpanId: () => random.generateSpanId(),
    },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: Number(environment["OTEL_BSP_SCHEDULE_DELAY"] ?? 5_000),
      }),
    ],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: Number(environment["OTEL_METRIC_EXPORT_INTERVAL"] ?? 60_000),
      }),
    ],
  });
  const tracer = createAgentTracer({
    nextTrace: (run) => {
      const id = run.replaceAll("-", "").toLowerCase();
      next = /^[\da-f]{32}$/.test(id) ? id : null;
    },
    tracer: tracers.getTracer("gantry.agents", version),
    meter: meters.getMeter("gantry.agents", version),
    now: () => performance.now(),
    content,
  });
  return {
    ...tracer,
    stop: async () => {
      const given = AbortSignal.timeout(5_000);
      const ended = Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
      await Promise.race([ended, new Promise((resolve) => given.addEventListener("abort", resolve, { once: true }))]);
    },
  };
}
