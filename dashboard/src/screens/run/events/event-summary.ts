import type { Json, RunEvent } from "@gantry/sdk";

/** What an event is about, in a line: the parts of its data that a reader looks for first. */
export function summaryOf({ data }: RunEvent): string {
  const parts = data as Record<string, Json>;
  const error = parts["error"] as { code?: string; message?: string } | null | undefined;
  const step = text(parts["step"]);
  const operation = text(parts["operation"]);
  return [
    operation === "" || step === "" ? step : `${step}: ${operation}`,
    ...["status", "outcome", "name", "command", "group", "reason", "text", "goal"].map((key) => text(parts[key])),
    error?.message ?? error?.code ?? "",
    text(parts["host"]),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
