import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { TestContext } from "../testing/index.ts";

/** A secret that is found wherever it goes. The signs at its end look different in a URL. */
export function createCanary(): string {
  return `canary${randomBytes(12).toString("hex")}+/&=`;
}

/** The form in which a canary is in a text: plain, base64, hex or URL; undefined when it isn't there. */
export function formIn(text: string, canary: string): string | undefined {
  return formsOf(canary).find(([, form]) => text.includes(form))?.[0];
}

function formsOf(canary: string): [name: string, form: string][] {
  const bytes = Buffer.from(canary);
  return [
    ["plain", canary],
    ["hex", bytes.toString("hex")],
    ["hex", bytes.toString("hex").toUpperCase()],
    ["URL", encodeURIComponent(canary)],
    ...[0, 1, 2].flatMap((offset): [string, string][] => {
      const encoded = encodedAfter(bytes, offset);
      return [
        ["base64", encoded],
        ["base64", encoded.replaceAll("+", "-").replaceAll("/", "_")],
      ];
    }),
  ];
}

/** Base64 of it as it is after `offset` other bytes, `user:` say, without the signs that its neighbours have a part in. */
function encodedAfter(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const first = Math.ceil((offset * 8) / 6);
  return encoded.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
}

/** Everything that the tool left where people can read it, by what it is. */
export async function traces(ctx: TestContext): Promise<[place: string, text: string][]> {
  const artifacts = ctx.artifacts.map(async ({ name, path }): Promise<[string, string]> => [
    `the artifact ${name}`,
    await readFile(path, "utf8"),
  ]);
  return [
    ["the logs", JSON.stringify(ctx.logs)],
    ["a command line, which every process of the host can read", ctx.commands.flat().join("\n")],
    ...(await Promise.all(artifacts)),
  ];
}

/** All that an error says, its causes included. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? String(error);
  const { cause, message, stack = "", ...own } = error;
  return [message, stack, JSON.stringify(own), cause === undefined ? "" : textOf(cause)].join("\n");
}
