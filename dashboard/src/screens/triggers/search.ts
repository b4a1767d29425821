import { readAddress, text } from "../../data/address.ts";

/** What the address of a trigger's page says; the screen knows which outcomes there are. */
export const triggerSearch = readAddress({ outcome: text(100) });
