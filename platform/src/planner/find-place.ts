import type { Parameter } from "./parameters.ts";
import type { Sentence } from "./sentence.ts";
import type { Token } from "./types.ts";
import type { Found, Work } from "./work.ts";

/** An environment that a parameter takes: where something comes from. */
export function findPlace({ sentence: { places, tokens } }: Work, parameter: Parameter): Found {
  const { source } = partPlaces(places, tokens, true);
  if (source === null) return null;
  return {
    value: source.environment,
    tokens: [source.token],
    ...(source.mistyped ? { corrected: tokens[source.token]?.text ?? parameter.name } : {}),
  };
}

/** Tells the environment that something comes from and the one that it goes to apart, where a runbook knows both. */
export function partPlaces(places: Sentence["places"], tokens: readonly Token[], knowsSource: boolean) {
  const before = (token: number) => tokens[token - 1]?.lower ?? "";
  const leaves = ({ token }: Sentence["places"][number]) =>
    before(token) === "from" || tokens[token + 1]?.text === "->";
  const arrives = ({ token }: Sentence["places"][number]) => /^(to|into|->)$/.test(before(token));
  if (!knowsSource) return { source: null, targets: places };
  const source =
    places.find(leaves) ?? (places.some(arrives) ? places.find((place) => !arrives(place)) : undefined) ?? null;
  return { source, targets: places.filter((place) => place.environment !== source?.environment) };
}
