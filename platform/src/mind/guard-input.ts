import { safeText } from "@gantry/sdk/safe-text";

/** Leaves out what a model reads and people don't see: control characters, Unicode's tags, marks of direction, characters without width. */
export function dropHidden(text: string): string {
  return safeText(text).replaceAll(withoutWidth, "").replaceAll(joiners, "");
}

/** What Unicode lets fonts ignore, variation selectors and fillers too: whole sentences were hidden in it. Joiners are looked at by themselves. */
const withoutWidth = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu;
/** Some scripts and emoji need joiners; between letters that don't, or several of them, they hide something. */
const joiners = /(?<=^|[\u0000-\u007f])[\u200c\u200d]+|[\u200c\u200d]{2,}|[\u200c\u200d]+(?=[\u0000-\u007f]|$)/g;

/** Hides what has the form of a key, for those that nobody stored as a secret. */
export function hideKeys(text: string): string {
  if (!perhapsKeys.test(text)) return text;
  return keys.reduce((before, pattern) => before.replaceAll(pattern, "$<keep>[looks like a key]"), text);
}

/** Nearly all texts have none of it. */
const perhapsKeys =
  /-----BEGIN |AKIA|ASIA|aws_secret|gh[pousr]_|github_pat_|glpat-|npm_|xox|AIza|[sr]k[-_]|eyJ|authorization|:\/\//i;
/** As their makers document them, so that other text isn't taken for one. `keep` stays. */
const keys = [
  /(?<keep>)-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----|$)/g,
  /(?<keep>)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /(?<keep>aws_secret_access_key["']?\s{0,5}[=:]\s{0,5}["']?)[A-Za-z0-9/+=]{40}/gi,
  /(?<keep>)\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})/g,
  /(?<keep>)\bxox[abeoprs]-[\w-]{10,}/g,
  /(?<keep>)\bAIza[\w-]{35}/g,
  /(?<keep>)\b(?:sk|rk)[-_][\w-]{20,}/g,
  // Only where a word begins: one long word of many beginnings would be read again for each.
  /(?<keep>)(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g,
  /(?<keep>\bauthorization["']?\s{0,5}[=:]\s{0,5}["']?(?:bearer|basic)\s{1,5})[\w.~+/=-]{8,}/gi,
  /(?<keep>\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]{3,200}(?=@)/gi,
];

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
