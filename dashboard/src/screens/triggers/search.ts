import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

/** What the address of a trigger's page says; the screen knows which outcomes there are. */
export const TriggerSearch = z.object({ outcome: maybe(z.string()) });
