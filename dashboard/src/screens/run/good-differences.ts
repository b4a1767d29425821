import type { Difference, LastGoodRun } from "@gantry/sdk/api";

/** What is other than in the last good run, once: what follows from another parameter isn't told again for each step that got it. */
export function goodDifferences({ parameters, plan, tools, input }: LastGoodRun): Difference[] {
  const told = new Set(parameters.map(valuesOf));
  const once = (difference: Difference): boolean => {
    const values = valuesOf(difference);
    const known = told.has(values);
    told.add(values);
    return !known;
  };
  return [
    ...parameters,
    ...plan.frame.filter(once),
    ...plan.steps.filter(once),
    ...input.filter(once),
    ...tools.map(({ tool, a, b }) => ({ path: tool, ...(a === null ? {} : { a }), ...(b === null ? {} : { b }) })),
  ];
}

function valuesOf({ a, b }: Difference): string {
  return JSON.stringify([a ?? null, b ?? null]);
}
