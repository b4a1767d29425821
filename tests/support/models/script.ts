/** What a scripted model does when it is asked next. Everything is optional; nothing at all is an answer without a word. */
export interface Reply {
  /** In so many pieces as there are. */
  text?: string | readonly string[];
  toolCalls?: readonly { id: string; name: string; input: unknown }[];
  usage?: { input: number; cached?: number; output: number };
  /** Why it ends, in the protocol's own words; the usual one unless told. */
  finish?: "stop" | "tools" | "length" | "refusal" | "filter";
  /** Another status than 200, with an error in the provider's own form. */
  error?: { status: number; type: string; message: string; headers?: Record<string, string> };
  /** An error in the middle of the stream, after the pieces. */
  streamError?: { type: string; message: string };
  /** Accepts the request and never answers. */
  hang?: boolean;
  /** Sends the pieces, and then nothing. */
  stall?: boolean;
  /** Cuts the connection after the pieces. */
  cut?: boolean;
  /** Ends after the pieces without saying so. */
  unfinished?: boolean;
  /** Sends half of a piece of JSON instead of the end. */
  garbage?: boolean;
  /** Before the first piece, and between pieces. */
  delayMs?: number;
  /** Frames in the protocol's own words, after the pieces. */
  raw?: readonly string[];
}

/** How one provider speaks: frames of its stream, in order. */
export interface Protocol {
  contentType: string;
  /** Before the pieces. */
  begin(reply: Whole, model: string): (string | Uint8Array)[];
  piece(text: string, at: number): string | Uint8Array;
  tools(reply: Whole): (string | Uint8Array)[];
  end(reply: Whole, model: string): (string | Uint8Array)[];
  failure(error: { type: string; message: string }): string | Uint8Array;
  error(error: { status: number; type: string; message: string }): unknown;
  garbage: string | Uint8Array;
}

export interface Whole {
  pieces: readonly string[];
  toolCalls: readonly { id: string; name: string; input: unknown }[];
  usage: { input: number; cached: number; output: number };
  finish: NonNullable<Reply["finish"]>;
}

export function wholeOf({ text = [], toolCalls = [], usage, finish }: Reply): Whole {
  const pieces = typeof text === "string" ? (text === "" ? [] : [text]) : text;
  return {
    pieces,
    toolCalls,
    usage: { input: usage?.input ?? 10, cached: usage?.cached ?? 0, output: usage?.output ?? 5 },
    finish: finish ?? (toolCalls.length > 0 ? "tools" : "stop"),
  };
}

/** JSON in fragments that break it in the middle, as models send arguments. */
export function fragments(value: unknown): string[] {
  return JSON.stringify(value).match(/[^]{1,7}/g) ?? [];
}

export const sse = (data: unknown, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
