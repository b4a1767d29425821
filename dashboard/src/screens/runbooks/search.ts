import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

/** What the address of the runbooks says: what is searched for. */
export const RunbooksSearch = z.object({ q: maybe(z.string().check(z.maxLength(200))) });
