import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Button } from "../../../ui/button.tsx";
import { useFirstFocus } from "../../../ui/first-focus.ts";
import { Icon } from "../../../ui/icon.tsx";
import { useTexts } from "../../../ui/texts.ts";

/** One thing of a list, or a form, beside the list; over all of a phone. Escape and a click beside it close it. */
export function SidePanel({ title, onClose, children }: { title: string; onClose(): void; children: ReactNode }) {
  const said = useTexts(texts);
  const focus = useFirstFocus();
  return (
    <Base.Root open onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/45%)]" />
        <Base.Popup
          {...focus}
          className="bg-raised border-line shadow-raised fixed inset-y-0 right-0 z-40 flex w-full max-w-md flex-col border-l max-sm:max-w-none max-sm:border-l-0"
        >
          <header className="border-line flex min-h-12 items-center gap-2 border-b py-1 pr-2 pl-4">
            <Base.Title className="min-w-0 flex-1 text-base font-semibold [overflow-wrap:anywhere]">{title}</Base.Title>
            <Base.Close
              render={
                <Button kind="quiet" aria-label={said.close}>
                  <Icon name="close" />
                </Button>
              }
            />
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The part of a panel that scrolls. */
export function PanelBody({ children }: { children: ReactNode }) {
  return <div className="min-h-0 flex-1 space-y-4 overflow-y-auto px-4 py-4 text-sm">{children}</div>;
}

/** What can be done, below it. */
export function PanelFoot({ children }: { children: ReactNode }) {
  return <footer className="border-line flex flex-wrap justify-end gap-2 border-t px-4 py-3">{children}</footer>;
}

const texts = { en: { close: "Close" } };
