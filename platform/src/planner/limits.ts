import type { Missing } from "./complete.ts";
import type { Entry, Matcher } from "./match.ts";
import type { Sentence } from "./sentence.ts";
import { relatives, stem, termsOf } from "./terms.ts";
import type { Token } from "./types.ts";
import { negations, questionWords } from "./vocabulary.ts";

/** Why a sentence isn't a wish at all; null when it may be one. */
export function noWish({ tokens }: Sentence, { entries }: Matcher): string | null {
  const [first] = tokens;
  if (first !== undefined && questionWords.has(first.lower) && !first.quoted)
    return "It asks a question. Goals say what shall be done.";
  const actions = new Set(entries.flatMap((entry) => [...entry.actions]));
  for (const [index, { lower, quoted }] of tokens.entries()) {
    if (quoted || !/^(don't|dont|not|never|nicht)$/.test(lower)) continue;
    const next = tokens.slice(index + 1, index + 4).find((token) => !negations.has(token.lower));
    const forbids = next !== undefined && isAction(stem(next.lower), actions);
    // `patch web-1 but don't reboot` says first what shall be done.
    const earlier = termsOf(tokens.slice(0, index)).some((term) => isAction(term.stem, actions));
    if (forbids && !earlier) return "It says what must not be done, so nothing is done.";
  }
  return null;
}

/** What a goal can't say: a time, a condition, a second thing. Read without it, the sentence would mean something else. */
export function beyondGoals({ tokens, quantities }: Sentence, { entries }: Matcher, chosen: Entry): Missing[] {
  const found: Missing[] = [];
  const delay = quantities.find(({ dimension, from }) => dimension === "duration" && tokens[from - 1]?.lower === "in");
  const timed = tokens.find((token, index) => saysWhen(token, tokens[index + 1]));
  const said = delay?.text ?? timed?.text;
  if (said !== undefined)
    found.push(
      impossible("time", `${JSON.stringify(said)}: a goal starts at once and without conditions. Leave it out.`),
    );
  const others = secondThings(tokens, new Set(entries.flatMap((entry) => [...entry.actions])), chosen);
  if (others.length > 0)
    found.push(
      impossible(
        "runbook",
        `It says several things; leave out ${JSON.stringify(others.join(" "))}, or say it by itself.`,
      ),
    );
  return found;
}

/** `restart checkout and drop orders`: the part that the chosen runbook doesn't do. */
function secondThings(tokens: readonly Token[], actions: ReadonlySet<string>, chosen: Entry): string[] {
  const clauses = tokens.reduce<Token[][]>(
    (all, token) => {
      if (!token.quoted && /^(and|then|also|und|dann)$/.test(token.lower)) all.push([]);
      else all.at(-1)?.push(token);
      return all;
    },
    [[]],
  );
  const led = clauses.flatMap((clause) => {
    const [lead] = termsOf(clause);
    return lead !== undefined && actions.has(lead.stem) ? [{ clause, lead: lead.stem }] : [];
  });
  const foreign = led.filter(({ lead }) => !isAction(lead, chosen.actions));
  return led.length < 2 ? [] : foreign.flatMap(({ clause }) => clause.map(({ text }) => text));
}

function impossible(name: string, question: string): Missing {
  return { name, question, reason: "not_possible", options: [] };
}

function isAction(word: string, actions: ReadonlySet<string>): boolean {
  return actions.has(word) || [...relatives(word)].some((other) => actions.has(other));
}

function saysWhen({ lower, quoted }: Token, next: Token | undefined): boolean {
  if (quoted) return false;
  if (/^(tomorrow|tonight|later|hourly|daily|nightly|weekly|monthly|if|unless|whenever)$/.test(lower)) return true;
  if (/^\d{1,2}:\d{2}$|^\d{1,2}(am|pm)$/.test(lower)) return true;
  return lower === "every" && /^(minute|hour|day|night|morning|evening|week|month|[a-z]+day)$/.test(next?.lower ?? "");
}
