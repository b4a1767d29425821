import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

/** Asks before something that others notice; says what went wrong if it did, and how to do it at the command line. */
export function Confirm({
  open,
  onClose,
  title,
  action,
  mutation,
  onConfirm,
  ready = true,
  command,
  children,
}: {
  open: boolean;
  onClose(): void;
  title: string;
  action: string;
  mutation: { isPending: boolean; error: unknown };
  onConfirm(): void;
  /** False while something is still to be filled in. */
  ready?: boolean;
  command: string;
  children: ReactNode;
}) {
  const said = useTexts(texts);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <Button kind="danger" pending={mutation.isPending} disabled={!ready} onClick={onConfirm}>
          {action}
        </Button>
      }
    >
      <div className="space-y-3">
        {children}
        {mutation.error !== null && <ErrorNotice error={mutation.error} />}
        <Command label={said.command}>{command}</Command>
      </div>
    </Dialog>
  );
}
