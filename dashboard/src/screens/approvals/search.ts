import type { Digest } from "@gantry/sdk";
import { matching, oneOf, readAddress } from "../../data/address.ts";

const show = oneOf("mine", "all");

/** `all`: also what others must decide. */
export const inboxSearch = (given: Record<string, unknown>) => ({ show: show(given["show"]) ?? "mine" });

/** `hash`: the change set that a message or a command line was about. */
export const cardSearch = readAddress({ hash: matching<Digest>(/^sha256:[0-9a-f]{64}$/) });
