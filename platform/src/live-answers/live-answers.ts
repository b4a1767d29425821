import { AnswerPart } from "@gantry/sdk/api";
import { z } from "zod";
import type { Redactor, RedactionStream } from "../lib/redact.ts";
import type { ModelPart } from "../models/types.ts";

/** Where an answer belongs. */
export interface AnswerPlace {
  org: string;
  run: string;
  step: string;
  thought: string;
  turn: number;
}

export interface LiveAnswers {
  /** An answer begins. What it says goes out redacted by whatever is secret then. */
  open(place: AnswerPlace, redactor: Redactor): { part(part: ModelPart): void; end(): void };
  /** Somebody reads these runs, for now. */
  onReaders(payload: string): void;
}

export interface LiveAnswersDeps {
  /** Each payload has fewer than 8,000 bytes. */
  tell(payloads: readonly string[]): Promise<void>;
  /** Monotonic milliseconds. */
  now(): number;
}

/** As it travels. */
export const ToldPart = AnswerPart.extend({ org: z.string(), run: z.string() });
export type ToldPart = z.infer<typeof ToldPart>;

/** Which runs have readers. `whole`: one of them has only come, and has heard nothing yet. */
export const ReadersNotice = z.object({ runs: z.array(z.string()).max(200), whole: z.boolean() });

/** Readers say that they are there every five seconds. */
const readersStayMs = 15_000;
const mostReaders = 10_000;
/** Between two tellings; what comes meanwhile goes out together. */
const pauseMs = 10;
/** Of an answer, in UTF-16 units: behind that readers wait for the journal. */
const mostText = 64 * 1024;
const mostTools = 32;
/** Each may take six bytes in JSON, and a notification carries less than 8,000. */
const pieceLength = 1_000;

interface OpenAnswer {
  place: AnswerPlace;
  text: string;
  tools: string[];
  /** Up to where it was told. */
  told: number;
}

/** What this process's models are saying. Only the answers that are under way are held, each up to a limit, however slow anybody reads. */
export function createLiveAnswers({ tell, now }: LiveAnswersDeps): LiveAnswers {
  const answers = new Map<string, Set<OpenAnswer>>();
  const readers = new Map<string, number>();
  /** Answers with something that their readers haven't been told. */
  const news = new Set<OpenAnswer>();
  let telling = false;
  let timer: NodeJS.Timeout | null = null;
  let last = Number.NEGATIVE_INFINITY;

  const isRead = (run: string): boolean => (readers.get(run) ?? Number.NEGATIVE_INFINITY) > now();
  const soon = (): void => {
    if (telling || timer !== null || news.size === 0) return;
    timer = setTimeout(() => void tellNews(), Math.max(0, last + pauseMs - now()));
  };
  const tellNews = async (): Promise<void> => {
    timer = null;
    last = now();
    const payloads = [...news].flatMap((one) => partsOf(one).map((part) => JSON.stringify(part)));
    news.clear();
    telling = true;
    await tell(payloads);
    telling = false;
    soon();
  };
  const changed = (answer: OpenAnswer): void => {
    if (!isRead(answer.place.run)) return;
    news.add(answer);
    soon();
  };

  return {
    open(place, redactor) {
      const answer: OpenAnswer = { place, text: "", tools: [], told: 0 };
      const ofRun = answers.get(place.run) ?? new Set();
      answers.set(place.run, ofRun.add(answer));
      let clean = cleaner(redactor);
      const say = (text: string): void => {
        if (text === "" || answer.text.length >= mostText) return;
        answer.text += text.slice(0, mostText - answer.text.length);
        changed(answer);
      };
      return {
        part(part) {
          switch (part.type) {
            case "text":
              return say(clean.push(part.text));
            case "tool":
              if (answer.tools.length >= mostTools) return;
              answer.tools.push(part.name.slice(0, 64));
              return changed(answer);
            case "restart":
              clean = cleaner(redactor);
              Object.assign(answer, { text: "", tools: [], told: 0 });
              return changed(answer);
            default:
              return part satisfies never;
          }
        },
        end() {
          say(clean.end());
          ofRun.delete(answer);
          if (ofRun.size === 0 && answers.get(place.run) === ofRun) answers.delete(place.run);
        },
      };
    },
    onReaders(payload) {
      const notice = read(payload);
      if (notice === null) return;
      for (const run of notice.runs) {
        const knew = isRead(run);
        readers.delete(run);
        readers.set(run, now() + readersStayMs);
        if (knew && !notice.whole) continue;
        for (const answer of answers.get(run) ?? []) {
          answer.told = 0;
          changed(answer);
        }
      }
      // Those that nobody renewed are the first.
      for (const [run, until] of readers) {
        if (until > now() && readers.size <= mostReaders) break;
        readers.delete(run);
      }
    },
  };
}

/** What its readers haven't been told, in pieces that a notification carries. */
function partsOf(answer: OpenAnswer): ToldPart[] {
  const { place, text, tools } = answer;
  const parts: ToldPart[] = [];
  let from = answer.told;
  do {
    parts.push({ ...place, from, text: text.slice(from, from + pieceLength), tools: [...tools] });
    from += pieceLength;
  } while (from < text.length);
  answer.told = text.length;
  return parts;
}

/** What could be the beginning of a secret is held back until it is known. */
function cleaner(redactor: Redactor): { push(text: string): string; end(): string } {
  if (redactor.secrets.length === 0) return { push: (text) => text, end: () => "" };
  const stream: RedactionStream = redactor.stream();
  const decoder = new TextDecoder();
  return {
    push: (text) => decoder.decode(stream.push(Buffer.from(text)), { stream: true }),
    end: () => decoder.decode(stream.end()),
  };
}

function read(payload: string): z.infer<typeof ReadersNotice> | null {
  if (payload === "") return null;
  return ReadersNotice.safeParse(JSON.parse(payload)).data ?? null;
}
