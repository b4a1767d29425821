import { z } from "zod";

/** What the address of the runbooks says: what is searched for. */
export const RunbooksSearch = z.object({ q: z.string().max(200).optional().catch(undefined) });
