import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Twin } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";

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
        <Twin>{command}</Twin>
      </div>
    </Dialog>
  );
}
