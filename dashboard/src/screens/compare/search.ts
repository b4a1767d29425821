import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

const id = maybe(z.uuid());

/** The two runs that are compared; what is no id of a run is left out. */
export const CompareSearch = z.object({ a: id, b: id });
