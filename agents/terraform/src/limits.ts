/** How long an apply (and a destroy) may take; some managed databases need most of it. */
export const applyTimeoutMs = 90 * 60_000;
