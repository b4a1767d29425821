import type { ReactNode, SyntheticEvent } from "react";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { PanelBody, PanelFoot, SidePanel } from "./side-panel.tsx";

/** A form beside a list: what it will do as a command line stands under it while it is filled in. */
export function FormPanel({
  title,
  submit,
  change,
  onSubmit,
  onClose,
  command,
  children,
}: {
  title: string;
  /** What the button says. */
  submit: string;
  change: { pending: boolean; error: Error | null };
  onSubmit(): void;
  onClose(): void;
  command: string;
  children: ReactNode;
}) {
  const said = useTexts(texts);
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <SidePanel title={title} onClose={onClose}>
      <form onSubmit={send} className="flex min-h-0 flex-1 flex-col">
        <PanelBody>
          {children}
          <Twin>{command}</Twin>
          {change.error !== null && <ErrorNotice error={change.error} />}
        </PanelBody>
        <PanelFoot>
          <Button onClick={onClose}>{said.cancel}</Button>
          <Button kind="primary" type="submit" pending={change.pending}>
            {submit}
          </Button>
        </PanelFoot>
      </form>
    </SidePanel>
  );
}

const texts = { en: { cancel: "Not now" } };
