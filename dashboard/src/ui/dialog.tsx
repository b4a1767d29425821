import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { useFirstFocus } from "./first-focus.ts";
import { useTexts } from "./texts.ts";

/** A question or a form over the page. Escape and a click beside it close it; the focus goes back to where it came from. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  footer,
  wide = false,
}: {
  open: boolean;
  onClose(): void;
  title: string;
  children: ReactNode;
  /** Beside the button that closes it. */
  footer?: ReactNode;
  wide?: boolean;
}) {
  const said = useTexts(texts);
  const focus = useFirstFocus();
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/45%)]" />
        <Base.Popup
          {...focus}
          className={`bg-raised border-line shadow-raised fixed top-1/2 left-1/2 z-40 flex max-h-[90dvh] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border ${wide ? "max-w-4xl" : "max-w-lg"}`}
        >
          <Base.Title className="border-line border-b px-4 py-3 text-base font-semibold">{title}</Base.Title>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 py-3 text-sm">{children}</div>
          <div className="border-line flex flex-wrap justify-end gap-2 border-t px-4 py-3">
            <Base.Close render={<Button>{footer === undefined ? said.close : said.cancel}</Button>} />
            {footer}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

const texts = { en: { close: "Close", cancel: "Not now" } };
