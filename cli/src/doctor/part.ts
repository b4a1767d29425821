import type { DoctorPart } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { renderChecks } from "./check.ts";

/** One part of what the server looks at, in words; as JSON the whole view of it. */
export async function showPart(context: Context, only: DoctorPart, view: object): Promise<"ok" | "failed"> {
  const { terminal } = context;
  const { ok, checks } = await context.client().doctor.get({ only });
  if (context.json) terminal.json(view);
  else terminal.data(renderChecks(checks, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  return ok ? "ok" : "failed";
}
