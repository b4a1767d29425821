import { OccurrenceOutcome } from "@gantry/sdk/api";
import { z } from "zod";

/** What the address of a trigger's page says. */
export const TriggerSearch = z.object({ outcome: OccurrenceOutcome.optional().catch(undefined) });
