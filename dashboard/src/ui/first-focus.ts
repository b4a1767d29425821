import { useRef, type RefObject } from "react";

/**
 * Where a dialog's focus goes first: to its first field, or else to the dialog itself, which is then read out; not to the button that
 * closes it. On a touch screen to the dialog, since a field would bring up the keyboard over it.
 */
export function useFirstFocus(): {
  ref: RefObject<HTMLDivElement | null>;
  initialFocus(how: string): HTMLElement | null;
} {
  const ref = useRef<HTMLDivElement>(null);
  return {
    ref,
    initialFocus: (how) => {
      const field = "input:not(:disabled, [type=hidden]), textarea:not(:disabled), select:not(:disabled)";
      return (how === "touch" ? null : ref.current?.querySelector<HTMLElement>(field)) ?? ref.current;
    },
  };
}
