import { z } from "zod";

/** The two runs that are compared; what is no id of a run is left out. */
export const CompareSearch = z.object({
  a: z.uuid().optional().catch(undefined),
  b: z.uuid().optional().catch(undefined),
});
