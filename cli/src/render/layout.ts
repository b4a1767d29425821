import type { Paint } from "../terminal.ts";
import { hanging, padEnd, widthOf } from "./text.ts";

/** Where text goes: how wide it may be, and whether it may be coloured. */
export interface Layout {
  paint: Paint;
  width: number;
  /** Nothing is cut: it goes to a pipe, where no terminal is too narrow for it. */
  whole?: boolean;
}

/** Lines `label  text`, the labels as one column, the text wrapped beside them. Pairs with an empty text are left out. */
export function renderPairs(
  pairs: readonly (readonly [string, string | readonly string[]])[],
  layout: Layout,
): string[] {
  const labels = Math.max(0, ...pairs.map(([label]) => widthOf(label)));
  return pairs.flatMap(([label, text]) => {
    const paragraphs = (typeof text === "string" ? [text] : text).filter((paragraph) => paragraph !== "");
    return paragraphs.flatMap((paragraph, index) => {
      const lead = `  ${padEnd(index === 0 ? label : "", labels)}  `;
      return hanging(lead, paragraph, layout.width).map((line, row) =>
        index === 0 && row === 0 ? layout.paint("dim", lead) + line.slice(lead.length) : line,
      );
    });
  });
}
