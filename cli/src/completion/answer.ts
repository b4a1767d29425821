/**
 * Completion of the command line in shells: what they ask with each Tab is answered here. It must be quick, so nothing of the
 * commands is loaded, and the server is asked only where its answer is needed; it must never disturb, so nothing is said where
 * something is wrong. Imported by main.ts of this folder, and as data by the command that prints the scripts.
 */
import { readFileSync } from "node:fs";
import type { Flags } from "../config.ts";
import { safeLine } from "../render/safe-text.ts";
import { cut } from "../render/text.ts";
import type { Grammar } from "./grammar.ts";
import { parse, type Candidate, type Place } from "./parse.ts";
import { splitLine } from "./split-line.ts";

const widestAbout = 72;

/**
 * Lines `value<tab>description`, the best first; a last line `:files` asks the shell for names of files.
 *
 * @param asked `bash` and the line up to the cursor, or another shell's name and the words, the last of them being typed
 * @param patienceMs for the server's answer
 */
export async function answer([shell = "", ...rest]: readonly string[], patienceMs: number): Promise<string[]> {
  const words = shell === "bash" ? splitLine(rest[0] ?? "").slice(1) : rest;
  const place = parse(readGrammar(), words);
  const all = [...place.candidates, ...(await askServer(place, patienceMs))];
  const fitting = all.filter(({ value }) => `${place.lead}${value}`.startsWith(place.word) && isPlain(value));
  const unique = new Map(fitting.toReversed().map((one) => [one.value, one]));
  const lines = [...unique.values()].toReversed().map(({ value, about }) => lineOf(place.lead + value, about));
  return wantsFile(place) ? [...lines, ":files"] : lines;
}

function readGrammar(): Grammar {
  return JSON.parse(readFileSync(new URL("grammar.json", import.meta.url), "utf8")) as Grammar;
}

async function askServer(place: Place, patienceMs: number): Promise<Candidate[]> {
  if (place.slot === undefined) return [];
  const { sourceOf } = await import("./sources.ts");
  const source = sourceOf(place);
  if (source === undefined) return [];
  try {
    const [{ createClient }, { readConfig, requireKey }, { trustAuthority }] = await Promise.all([
      import("@gantry/sdk/client"),
      import("../config.ts"),
      import("../authority.ts"),
    ]);
    const config = readConfig(flagsOf(place.options));
    trustAuthority(config.caFile);
    return await source({
      get client() {
        return createClient({
          url: config.url.value,
          key: requireKey(config),
          tries: 1,
          timeoutMs: patienceMs,
          userAgent: "gantry-cli/completion",
        });
      },
      config,
      place,
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch {
    // Whatever it is, the command itself will say it.
    return [];
  }
}

/** `--data-dir` is `dataDir`: what was typed so far says which server, and which project. */
function flagsOf(options: Readonly<Record<string, string>>): Flags {
  const named = Object.entries(options).map(([flag, value]) => [
    flag.replace(/^-+/, "").replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named) as Flags;
}

/** Shells insert what is chosen as it is: nothing that a shell would take for more than a word. */
function isPlain(value: string): boolean {
  return /^[\p{L}\p{N}_.:@/=,+-]+$/u.test(value);
}

function lineOf(value: string, about: string): string {
  return about === "" ? value : `${value}\t${cut(safeLine(about), widestAbout)}`;
}

function wantsFile({ slot }: Place): boolean {
  return slot !== undefined && /^(file|path|before|after)$/.test(slot.placeholder);
}
