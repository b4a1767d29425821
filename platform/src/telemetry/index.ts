/**
 * What agents do, for OpenTelemetry: spans and metrics of its conventions for generative AI, over OTLP/HTTP. What was said only where the operator and the organization want that. Imported by the
 * composition root and the runner; the SDK is loaded only where a collector is named.
 */
export { untraced, type AgentTrace, type AgentTracer } from "./agent-tracer.ts";

/** Whether the environment names a collector, as OpenTelemetry's own variables do. */
export function namesCollector(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
  return ["", "TRACES_", "METRICS_"].some((kind) => environment[`OTEL_EXPORTER_OTLP_${kind}ENDPOINT`] !== undefined);
}
