import { safeText } from "@gantry/sdk/safe-text";

/** Leaves out what a model reads and people don't see: control characters, Unicode's tags, marks of direction, characters without width. */
export function dropHidden(text: string): string {
  return safeText(text).replaceAll(withoutWidth, "").replaceAll(joiners, "");
}

/** What Unicode lets fonts ignore, variation selectors and fillers too: whole sentences were hidden in it. Joiners are looked at by themselves. */
const withoutWidth = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu;
/** Some scripts and emoji need joiners; between letters that don't, or several of them, they hide something. */
const joiners = /(?<=^|[\u0000-\u007f])[\u200c\u200d]+|[\u200c\u200d]{2,}|[\u200c\u200d]+(?=[\u0000-\u007f]|$)/g;

/** Takes their meaning from the marks with which models are told who speaks. */
export function breakTemplateMarks(text: string): string {
  return text
    .replaceAll(/<\|(?=[\w ]{1,40}\|>)/g, "< |")
    .replaceAll(/\[(?=\/?INST\])/g, "[ ")
    .replaceAll(/<<(?=\/?SYS>>)/g, "< <")
    .replaceAll(/<(?=(?:start|end)_of_turn>)/g, "< ")
    .replaceAll(/^(?=(?:Human|Assistant|System):)/gm, "> ");
}

/** A result can't begin another one. */
export function quoteSourceLines(text: string): string {
  return text.replaceAll(/^(?=source \d+:)/gim, "> ");
}
