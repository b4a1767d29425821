/** Runs that one bulk action may hold. By itself, so that a screen that names it loads no schemas. */
export const bulkLimit = 1_000;
