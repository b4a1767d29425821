import { useState, type ReactNode } from "react";
import { Button, type ButtonKind } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useChange } from "./change.ts";

/** Does something that can't simply be taken back, once somebody said that they mean this very thing. */
export function ConfirmButton<Output>({
  label,
  title,
  children,
  command,
  work,
  done,
  typed,
  confirm = "danger",
  small = false,
}: {
  label: string;
  /** The question; it names the thing. */
  title: string;
  /** What follows from it. */
  children: ReactNode;
  command: string;
  work(): Promise<Output>;
  done?(output: Output): void;
  /** Must be typed before. */
  typed?: string;
  /** How the button that means it looks. */
  confirm?: ButtonKind;
  small?: boolean;
}) {
  const said = useTexts(texts);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const change = useChange(work, (output) => {
    setOpen(false);
    done?.(output);
  });
  const ask = (): void => {
    change.reset();
    setText("");
    setOpen(true);
  };
  return (
    <>
      <Button small={small} onClick={ask}>
        {label}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={title}
        footer={
          <Button
            kind={confirm}
            pending={change.pending}
            disabled={typed !== undefined && text !== typed}
            onClick={() => change.run()}
          >
            {label}
          </Button>
        }
      >
        <div className="space-y-3">
          <div>{children}</div>
          {typed !== undefined && (
            <TextField label={said.type(typed)} value={text} onChange={(event) => setText(event.target.value)} />
          )}
          <Command label={said.twin}>{command}</Command>
          {change.error !== null && <ErrorNotice error={change.error} />}
        </div>
      </Dialog>
    </>
  );
}

const texts = {
  en: { twin: "The same at the command line", type: (name: string) => `Type ${name} to go on` },
};
