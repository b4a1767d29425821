import { z } from "zod";

/** A file that an attempt left. */
export const ArtifactRef = z.object({
  $artifact: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  name: z.string(),
  bytes: z.int(),
  contentType: z.string(),
});
export type ArtifactRef = z.infer<typeof ArtifactRef>;
