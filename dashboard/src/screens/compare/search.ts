import { readAddress, uuid } from "../../data/address.ts";

/** The two runs that are compared; what is no id of a run is left out. */
export const compareSearch = readAddress({ a: uuid, b: uuid });
