import type { Engine, OpenOptions } from "../engine.ts";
import { open as openBullmq } from "./bullmq.ts";

/** With what Redis does unless it is told otherwise once its append-only file is on: up to a second may be lost. */
export function open(options: OpenOptions): Promise<Engine> {
  return openBullmq(options, "everysec");
}
