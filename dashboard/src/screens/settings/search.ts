import { count, moment, oneOf, readAddress, text, uuid } from "../../data/address.ts";

const short = text(300);

/** What an address of the settings may say besides the section. What it can't be is left out, so that no link breaks a screen. */
export const settingsSearch = readAddress({
  /** What is open beside the list: an id, or `new`. */
  show: short,
  tab: short,
  /** Words that rows must hold. */
  q: short,
  /** `project` or `project/environment`. */
  place: short,
  version: count,
  before: count,
  actor: short,
  action: short,
  result: oneOf("allowed", "denied", "failed"),
  run: uuid,
  from: moment,
  to: moment,
});
export type SettingsSearch = ReturnType<typeof settingsSearch>;
