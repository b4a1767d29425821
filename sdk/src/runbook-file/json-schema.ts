import { z } from "zod";
import { RunbookFile } from "./schema.ts";

/** For editors: what a runbook's file may say, as JSON Schema. A file names it with `# yaml-language-server: $schema=…`. */
export function runbookJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(RunbookFile, { io: "input", unrepresentable: "any" });
  return { $schema, $id: "https://gantry.dev/schemas/runbook.json", title: "Runbook of Gantry", ...schema };
}
