/** Paths in a change set, the more telling first, in words. */
const parts: readonly (readonly [RegExp, string])[] = [
  [/^(?:preview\.)?counts\.(\w+)$/, "Number to $1"],
  [/^effect$/, "What it does at most"],
  [/^maximumEffect$/, "What the tool may do at most"],
  [/^risk\.level$/, "Risk"],
  [/^risk\.reasons/, "Reason of the risk"],
  [/^touchesNotListed$/, "Touches more, not listed"],
  [/^undo\.automatic$/, "Undone by itself"],
  [/^(?:preview\.)?undo/, "How it is undone"],
  [/^policy\.reasons/, "Reason of the policy"],
  [/^policy\.approvals\.(.*)$/, "Approvals of $1"],
  [/^policy/, "What policy wants"],
  [/^plan$/, "The plan"],
  [/^prepared/, "What was prepared for it"],
  [/^preview\.summary$/, "In a sentence"],
  [/^preview\.changes(?:\.([\w-]+)|\["(.*)"\])$/, "What becomes of $1$2"],
  [/^preview\.cost/, "Cost"],
  [/^preview/, "Preview"],
  [/^title$/, "Title"],
  [/^tool$/, "Tool"],
  [/^fingerprint$/, "The tool's package"],
  [/^input$/, "What the tool is given"],
];

export function partInWords(path: string): string {
  for (const [pattern, words] of parts) {
    const found = pattern.exec(path);
    if (found !== null) return words.replace(/\$(\d)/g, (_, index: string) => found[Number(index)] ?? "");
  }
  return path;
}
