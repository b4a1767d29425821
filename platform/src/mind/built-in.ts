import type { Effect, Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import type { CallAbout, MindTool } from "./types.ts";

/** A tool that belongs to thinking itself. It may be called again when a worker died within it. */
export function builtInTool<Input extends z.ZodType>({
  name,
  title,
  effect,
  input,
  vouched,
  call,
}: {
  name: string;
  title: string;
  effect: Effect;
  input: Input;
  vouched: boolean;
  call(input: z.output<Input>, about: CallAbout): Promise<Json>;
}): MindTool {
  return {
    name,
    title,
    effect,
    vouched,
    again: true,
    inputSchema: z.toJSONSchema(input, { io: "input" }) as JsonObject,
    problemsOf(given) {
      const parsed = input.safeParse(given);
      return parsed.success
        ? []
        : parsed.error.issues.map(({ path, message }) => `${path.join(".") || "value"}: ${message}`);
    },
    call: (given, about) => call(input.parse(given), about),
  };
}
