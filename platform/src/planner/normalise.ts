/** How long a sentence may be. */
export const maxGoalLength = 2_000;

/**
 * Text as people see it: compatibility forms folded (`ｐｒｏｄ` is `prod`), what is invisible (zero width, bidirectional
 * marks, control characters) gone, all kinds of spaces, quotes and dashes the plain ones. Letters of other alphabets stay as they
 * are, so that a look-alike never equals the name that it imitates.
 */
export function normalise(text: string): string {
  return (
    text
      // One character may become eighteen. What is longer than allowed is refused, so that nothing is read by half.
      .slice(0, 2 * maxGoalLength)
      .toWellFormed()
      .normalize("NFKC")
      .replace(/[\p{Cf}\p{Mn}\p{Co}\p{Cn}]/gu, "")
      .replace(/[\p{Cc}\p{Z}]/gu, " ")
      .replace(/[\u2018\u2019\u201b\u02bc\u2032]/g, "'")
      .replace(/[\u201c\u201d\u201e\u2033\u00ab\u00bb]/g, '"')
      .replace(/[\u2010-\u2015\u2212]/g, "-")
      .replace(/\u2192|=>|->/g, " -> ")
      .replace(/ {2,}/g, " ")
      .trim()
  );
}
