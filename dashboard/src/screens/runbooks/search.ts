import { readAddress, text } from "../../data/address.ts";

/** What the address of the runbooks says: what is searched for. */
export const runbooksSearch = readAddress({ q: text(200) });
