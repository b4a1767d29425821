import type { Json } from "./json.ts";
import { NoteTooLargeError } from "./tool-errors.ts";

/** Characters of JSON that one note may have: the journal keeps each one, and large things belong into artifacts. */
const maximumNote = 256 * 1024;
/** All of a step's operation together: a run's state holds them until it is done. */
const maximumNotes = 4 * 1024 * 1024;

/** Checks what a tool writes down. Returns it as the plain JSON that is kept. @throws NoteTooLargeError */
export function createNotepad(tool: string, before: readonly Json[]): (value: Json) => Json {
  let written = before.reduce<number>((sum, note) => sum + JSON.stringify(note).length, 0);
  return (value) => {
    const text = JSON.stringify(value ?? null);
    if (text.length > maximumNote) throw new NoteTooLargeError(tool, text.length, maximumNote);
    if (written + text.length > maximumNotes) throw new NoteTooLargeError(tool, written + text.length, maximumNotes);
    written += text.length;
    return JSON.parse(text) as Json;
  };
}
