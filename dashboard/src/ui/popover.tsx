import { useEffect, useId, useRef, type ReactNode } from "react";

export interface PopoverProps {
  /** What the button shows. */
  button: ReactNode;
  /** What the button is called, where it doesn't say so itself. */
  label?: string | undefined;
  buttonClass: string;
  panelClass: string;
  children: ReactNode;
}

/**
 * A panel that a button opens, by the browser alone, so that it costs the first page nothing: Escape, a press beside it and following a
 * link in it close it.
 */
export function Popover({ button, label, buttonClass, panelClass, children }: PopoverProps) {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = panel;
    const follow = ({ target }: MouseEvent): void => {
      if (target instanceof Element && target.closest("a") !== null) current?.hidePopover();
    };
    current?.addEventListener("click", follow);
    return () => current?.removeEventListener("click", follow);
  }, []);
  return (
    <>
      <button type="button" popoverTarget={id} aria-label={label} className={buttonClass}>
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        className={`bg-raised text-text border-line shadow-raised inset-auto m-0 border ${panelClass}`}
      >
        {children}
      </div>
    </>
  );
}
