import { eventCategories, type EventCategory } from "@gantry/sdk/event-bus";

export interface EventSinkConfig {
  kind: "file" | "http" | "otlp" | "database";
  /** Without its options. */
  url: string;
  /** Null: all. */
  categories: readonly EventCategory[] | null;
  maxBytes: number;
  keep: number;
}

const kinds: Readonly<Record<string, EventSinkConfig["kind"]>> = {
  "file:": "file",
  "http:": "http",
  "https:": "http",
  "otlp+http:": "otlp",
  "otlp+https:": "otlp",
  "postgres:": "database",
  "postgresql:": "database",
};
const known = new Set(["categories", "max-mb", "keep"]);

/**
 * `file:///var/log/gantry.ndjson#categories=run,approval&max-mb=50&keep=3`, `https://siem.example.com/in`,
 * `otlp+http://collector:4318/v1/logs`, `postgresql://user:password@warehouse/events`. Options stand behind `#`, which no
 * protocol sends anywhere.
 *
 * @returns what is wrong with it, without the address, which may hold a password.
 */
export function parseEventSink(text: string): EventSinkConfig | string {
  if (!URL.canParse(text)) return "isn't an address";
  const url = new URL(text);
  const kind = kinds[url.protocol];
  if (kind === undefined)
    return `must begin with one of ${Object.keys(kinds)
      .map((one) => `${one}//`)
      .join(", ")}`;
  const options = new URLSearchParams(url.hash.slice(1));
  // Not named: behind a `#` that nobody encoded it is the rest of a password.
  if ([...options.keys()].some((name) => !known.has(name)))
    return `has an option that isn't one of ${[...known].join(", ")}; a # within a password is written %23`;
  const categories = options.get("categories")?.split(/[, +]/) ?? null;
  if (categories?.some((one) => !(eventCategories as readonly string[]).includes(one)))
    return `has a category that isn't one of ${eventCategories.join(", ")}`;
  const [megabytes, keep] = [Number(options.get("max-mb") ?? 100), Number(options.get("keep") ?? 5)];
  if (!(megabytes > 0 && megabytes <= 100_000)) return "needs max-mb between 0 and 100000";
  if (!Number.isInteger(keep) || keep < 0 || keep > 1_000) return "needs keep from 0 to 1000";
  return {
    kind,
    url: text.replace(/#.*$/, "").replace(/^otlp\+/, ""),
    categories: categories as EventCategory[] | null,
    maxBytes: Math.round(megabytes * 1024 * 1024),
    keep,
  };
}
