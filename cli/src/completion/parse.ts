import type { Grammar, GrammarOption, Slot } from "./grammar.ts";

export interface Candidate {
  value: string;
  /** Beside it, in shells that show such. */
  about: string;
}

/** What could stand where the cursor is. */
export interface Place {
  /** Names of the commands so far, without the program's. */
  path: readonly string[];
  /** Known without asking anybody. */
  candidates: readonly Candidate[];
  /** The value that is being typed: `run` for an argument, `--run` for an option's. */
  slot: { key: string; placeholder: string } | undefined;
  /** The word that is being typed. */
  word: string;
  /** What of the word belongs to no candidate: `--status=`. */
  lead: string;
  /** Values of the arguments and options before it. */
  arguments: readonly string[];
  options: Readonly<Record<string, string>>;
}

/** Reads the words of a command line up to the cursor; the last one is being typed, and may be empty. */
export function parse(grammar: Grammar, words: readonly string[]): Place {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? "";
  const path: string[] = [];
  const known = [...grammar.options];
  const given: string[] = [];
  const options: Record<string, string> = {};
  let at = grammar;
  let awaited: GrammarOption | undefined;
  let onlyArguments = false;
  for (const one of before) {
    const option = onlyArguments ? undefined : findOption(known, one);
    if (awaited !== undefined && !(awaited.value?.optional === true && one.startsWith("-"))) {
      options[nameOf(awaited)] = one;
      awaited = undefined;
    } else if (!onlyArguments && one === "--") {
      onlyArguments = true;
    } else if (option !== undefined) {
      const [, value] = splitOption(one);
      if (value !== undefined) options[nameOf(option)] = value;
      awaited = option.value !== undefined && value === undefined ? option : undefined;
    } else {
      const next = given.length === 0 && !onlyArguments ? at.commands.find(({ name }) => name === one) : undefined;
      if (next === undefined) given.push(one);
      else {
        path.push(next.name);
        known.push(...next.options);
        at = next;
      }
    }
  }
  const place = { path, word, lead: "", arguments: given, options };
  const ofSlot = (key: string, slot: Slot, lead = ""): Place => ({
    ...place,
    lead,
    slot: { key, placeholder: slot.name },
    candidates: (slot.choices ?? []).map((value) => ({ value, about: "" })),
  });

  if (awaited?.value !== undefined && !(awaited.value.optional === true && word.startsWith("-")))
    return ofSlot(nameOf(awaited), awaited.value);
  const [flag, value] = splitOption(word);
  const option = onlyArguments || value === undefined ? undefined : findOption(known, word);
  if (option?.value !== undefined) return ofSlot(nameOf(option), option.value, `${flag}=`);

  const flags = (): Place => ({ ...place, slot: undefined, candidates: known.flatMap(flagsOf) });
  if (!onlyArguments && word.startsWith("-")) return flags();
  if (at.commands.length > 0 && given.length === 0) {
    const candidates = at.commands.map(({ name, about }) => ({ value: name, about }));
    return { ...place, slot: undefined, candidates };
  }
  const argument = at.arguments[given.length] ?? at.arguments.findLast(({ variadic }) => variadic === true);
  if (argument !== undefined) return ofSlot(argument.name, argument);
  return onlyArguments ? { ...place, slot: undefined, candidates: [] } : flags();
}

function findOption(known: readonly GrammarOption[], word: string): GrammarOption | undefined {
  if (!word.startsWith("-")) return undefined;
  const [flag] = splitOption(word);
  return known.findLast(({ flags }) => flags.includes(flag));
}

function splitOption(word: string): [flag: string, value: string | undefined] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function nameOf({ flags }: GrammarOption): string {
  return flags.at(-1) ?? "";
}

function flagsOf({ flags, about }: GrammarOption): Candidate[] {
  return flags.filter((flag) => flag.startsWith("--")).map((value) => ({ value, about }));
}
