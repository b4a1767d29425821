import type { ThingChange } from "@gantry/sdk";
import { plural, type Texts } from "../texts.ts";
import type { DiffFile } from "./lines.ts";

interface Said {
  diff: string;
  asText: string;
  files: Record<DiffFile["change"], string>;
  actions: Record<ThingChange["action"], string>;
  because(what: string): string;
  moreLines(count: number): string;
  moreThings(count: number): string;
}

export const texts: Texts<Said> = {
  en: {
    diff: "What changes, line by line",
    asText: "The same as text",
    files: { added: "new", removed: "deleted", changed: "changed", renamed: "renamed" },
    actions: {
      create: "create",
      update: "change",
      replace: "replace",
      delete: "destroy",
      forget: "no longer managed",
      import: "import",
      move: "move",
    },
    because: (what) => `because of ${what}`,
    moreLines: (count) => `Show ${plural("en", count, { one: "more line", other: "more lines" })}`,
    moreThings: (count) => `Show ${plural("en", count, { one: "more", other: "more" })}`,
  },
};
