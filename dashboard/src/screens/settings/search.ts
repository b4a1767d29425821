import { z } from "zod";

const text = z.string().min(1).max(300).optional().catch(undefined);
const moment = z.iso.datetime().optional().catch(undefined);
const version = z.coerce.number().int().min(1).optional().catch(undefined);

/** What an address of the settings may say besides the section. What it can't be is left out, so that no link breaks a screen. */
export const SettingsSearch = z.object({
  /** What is open beside the list: an id, or `new`. */
  show: text,
  tab: text,
  /** Words that rows must hold. */
  q: text,
  /** `project` or `project/environment`. */
  place: text,
  version,
  before: version,
  actor: text,
  action: text,
  result: z.enum(["allowed", "denied", "failed"]).optional().catch(undefined),
  run: z.uuid().optional().catch(undefined),
  from: moment,
  to: moment,
});
export type SettingsSearch = z.output<typeof SettingsSearch>;
