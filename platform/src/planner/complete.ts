import type { Effect, JsonObject } from "@gantry/sdk";
import { fillFor, type Candidate, type UnderstandDeps } from "./candidates.ts";
import type { Slots } from "./fill.ts";
import { partPlaces } from "./find-place.ts";
import type { Entry } from "./match.ts";
import { choicesOf, problemWith, questionFor, type Parameter } from "./parameters.ts";
import type { Sentence } from "./sentence.ts";
import type { KnownNames, Wish } from "./types.ts";

/** Something that must be said before anything runs. */
export interface Missing {
  /** A parameter, `environment`, `checks`, `time`, or `runbook` where it isn't sure enough which is meant. */
  readonly name: string;
  readonly question: string;
  readonly reason: "not_said" | "ambiguous" | "not_exact" | "invalid" | "conflict" | "not_possible";
  /** What it could be, as far as known. */
  readonly options: readonly string[];
}

/** What a candidate comes to with what was given besides. */
export interface Completed {
  readonly parameters: JsonObject;
  readonly environment: string | null;
  readonly missing: readonly Missing[];
  readonly effect: Effect;
  readonly notes: readonly string[];
}

/** The parameters, read strictly where the runbook destroys, and what is missing. */
export function complete(deps: UnderstandDeps, sentence: Sentence, { entry, slots }: Candidate, wish: Wish): Completed {
  const given = wish.parameters ?? {};
  const effect = deps.effectOf(entry.runbook.name, { ...valuesOf(slots), ...given });
  const strict = effect === "destroys";
  const read = strict ? fillFor(deps, sentence, entry, true) : slots;
  const place = placeFor(deps.known, sentence, entry, wish, strict);
  return {
    parameters: { ...valuesOf(read), ...given },
    environment: place.environment,
    missing: [...entry.parameters.flatMap((parameter) => missingOf(parameter, read, given)), ...place.missing],
    effect,
    notes: [...correctionsIn(read, given), ...place.notes],
  };
}

function missingOf(parameter: Parameter, { filled, unfilled }: Slots, given: JsonObject): Missing[] {
  const { name, required } = parameter;
  const ask = (reason: Missing["reason"], detail: string, options: readonly string[] = []): Missing[] => [
    {
      name,
      question: `${detail}${questionFor(parameter)}`,
      reason,
      options: options.length > 0 ? options : choicesOf(parameter.schema),
    },
  ];
  if (Object.hasOwn(given, name)) {
    const value = given[name] ?? null;
    const problem = problemWith(parameter, value);
    return problem === null ? [] : ask("invalid", `${JSON.stringify(value)} ${problem}. `);
  }
  const why = unfilled.get(name);
  if (why !== undefined) return ask(why.reason, `${why.detail} `, why.options);
  return filled.has(name) || !required ? [] : ask("not_said", "");
}

function correctionsIn({ filled }: Slots, given: JsonObject): string[] {
  return [...filled].flatMap(([name, { corrected, value }]) => {
    const own = corrected !== undefined && !Object.hasOwn(given, name);
    return own ? [`${JSON.stringify(corrected)} is read as ${JSON.stringify(value)}.`] : [];
  });
}

function valuesOf({ filled }: Slots): JsonObject {
  return Object.fromEntries([...filled].map(([name, { value }]) => [name, value]));
}

function placeFor(known: KnownNames, sentence: Sentence, entry: Entry, wish: Wish, strict: boolean) {
  const knowsSource = entry.parameters.some(({ kind }) => kind === "environment");
  const { targets } = partPlaces(sentence.places, sentence.tokens, knowsSource);
  const said = [...new Set(targets.map(({ environment }) => environment))];
  const ask = (reason: Missing["reason"], question: string) => ({
    environment: null,
    missing: [{ name: "environment", question, reason, options: [...known.environments] }],
    notes: [],
  });
  if (wish.environment !== undefined) {
    const other = said.find((name) => name !== wish.environment);
    if (other !== undefined)
      return ask(
        "conflict",
        `The sentence says ${other}, and ${wish.environment} was given besides. In which environment?`,
      );
    return { environment: wish.environment, missing: [], notes: [] };
  }
  const [environment] = said;
  if (environment === undefined) return ask("not_said", "In which environment?");
  if (said.length > 1) return ask("ambiguous", `It could be ${said.join(" or ")}. In which environment?`);
  const slips = targets.every(({ mistyped }) => mistyped);
  const written = sentence.tokens[targets[0]?.token ?? -1]?.text ?? "";
  if (slips && strict)
    return ask("not_exact", `${JSON.stringify(written)} isn't an environment here. In which environment?`);
  return {
    environment,
    missing: [],
    notes: slips ? [`${JSON.stringify(written)} is read as ${JSON.stringify(environment)}.`] : [],
  };
}
