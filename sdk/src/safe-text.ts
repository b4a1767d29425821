/**
 * Text from the server may hold anything that a tool printed. Printed as it is it could move the cursor, rewrite what
 * an approver reads, set the clipboard, or tell a model what no person sees, so nothing but letters, tabs and line ends is left.
 */
export function safeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(escapeSequences, "")
    .replaceAll("\r\n", "\n")
    .replaceAll(controls, "")
    .replaceAll(invisible, "")
    .replaceAll(reordering, "\u{FFFD}");
}

/** `safeText` for a place where a line end would break the layout. */
export function safeLine(text: string): string {
  return safeText(text)
    .replaceAll(/[\s\u2028\u2029]+/g, " ")
    .trim();
}

/**
 * OSC, DCS, SOS, PM and APC up to their end (or the end of the text); CSI; any other escape. 7-bit and 8-bit forms.
 */
const escapeSequences =
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[\s\S]*?(?:\u0007|\u001b\\|\u009c|$)|(?:\u001b\[|\u009b)[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]?|\u001b[\u0020-\u002f]*[\u0030-\u007e]?/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Unicode's tags, which spell whole sentences that nobody sees. */
const invisible = /[\u{E0000}-\u{E007F}]/gu;
/** Marks that show text in another order than it is read. */
const reordering = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;
