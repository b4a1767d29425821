import { catch as orElse, optional, type ZodMiniType } from "zod/mini";

/** Part of an address: what doesn't fit is as if it weren't there, so that no link breaks a screen. */
export const maybe = <Schema extends ZodMiniType>(schema: Schema) => orElse(optional(schema), undefined);
