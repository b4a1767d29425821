/**
 * Text that others wrote (goals, output of tools, names) as one line that can do nothing but be read: no control
 * characters or escape sequences, no marks that reorder what is read, no half characters, and not endless.
 */
export function plainLine(text: string, maximum = 300): string {
  const line = text
    .toWellFormed()
    .replaceAll(escapeSequences, "")
    .replaceAll(/[\s\u2028\u2029]+/g, " ")
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
    .trim();
  const characters = Array.from(line);
  return characters.length <= maximum ? line : `${characters.slice(0, maximum - 1).join("")}…`;
}

/** OSC, DCS, SOS, PM and APC up to their end; CSI; any other escape. */
const escapeSequences =
  /\u001b[\]PX^_][\s\S]*?(?:\u0007|\u001b\\|$)|(?:\u001b\[|\u009b)[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]?|\u001b[\u0020-\u002f]*[\u0030-\u007e]?/g;
