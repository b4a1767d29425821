import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

const text = maybe(z.string().check(z.minLength(1), z.maxLength(300)));
const moment = maybe(z.iso.datetime());
const version = maybe(z.coerce.number().check(z.int(), z.minimum(1)));

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
  result: maybe(z.enum(["allowed", "denied", "failed"])),
  run: maybe(z.uuid()),
  from: moment,
  to: moment,
});
export type SettingsSearch = z.output<typeof SettingsSearch>;
