import { useState } from "react";

/** What stands in a field whose text is also in the address, which follows a moment later. */
export interface Typed {
  readonly text: string;
  /** As the address was when it was last looked at. */
  readonly address: string;
  /** What was said and hasn't come back from the address. */
  readonly said: readonly string[];
}

/** The address changed: what was typed stays if it's only what was said before, else somebody changed it otherwise (back button, a saved search). */
export function afterAddress(typed: Typed, address: string): Typed {
  const at = typed.said.indexOf(address);
  return at < 0 ? { text: address, address, said: [] } : { ...typed, address, said: typed.said.slice(at + 1) };
}

/**
 * A field that shows at once what is typed. `say` passes a text on to the address, unless that is what it was told last; `change` does both.
 */
export function useTyped(
  address: string,
  onSay: (text: string) => void,
): Record<"type" | "say" | "change", (text: string) => void> & { text: string } {
  const [typed, setTyped] = useState<Typed>({ text: address, address, said: [] });
  if (typed.address !== address) setTyped(afterAddress(typed, address));
  const type = (text: string): void => setTyped((before) => ({ ...before, text }));
  const say = (text: string): void => {
    if (text === (typed.said.at(-1) ?? typed.address)) return;
    setTyped((before) => ({ ...before, said: [...before.said, text] }));
    onSay(text);
  };
  const change = (text: string): void => {
    type(text);
    say(text);
  };
  return { text: typed.text, type, say, change };
}
