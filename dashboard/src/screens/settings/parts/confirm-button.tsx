import { useState, type ReactNode } from "react";
import { Button, type ButtonKind } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
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
  why = false,
  last = false,
  confirm = "danger",
  small = false,
}: {
  label: string;
  /** The question; it names the thing. */
  title: string;
  /** What follows from it. */
  children: ReactNode;
  /** Of what was given as a reason, where one is asked for. */
  command: string | ((why: string) => string);
  work(why: string): Promise<Output>;
  done?(output: Output): void;
  /** Must be typed before. */
  typed?: string;
  /** Whoever did it may read nothing any more. */
  last?: boolean;
  /** A reason must be given. */
  why?: boolean;
  /** How the button that means it looks. */
  confirm?: ButtonKind;
  small?: boolean;
}) {
  const said = useTexts(texts);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const change = useChange(
    () => work(reason.trim()),
    (output) => {
      setOpen(false);
      done?.(output);
    },
    { last },
  );
  const ask = (): void => {
    change.reset();
    setText("");
    setReason("");
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
            disabled={(typed !== undefined && text !== typed) || (why && reason.trim() === "")}
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
          {why && (
            <TextField
              label={said.why}
              hint={said.whyHint}
              maxLength={1_000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
          <Twin>{typeof command === "string" ? command : command(reason.trim() || "…")}</Twin>
          {change.error !== null && <ErrorNotice error={change.error} />}
        </div>
      </Dialog>
    </>
  );
}

const texts = {
  en: {
    type: (name: string) => `Type ${name} to go on`,
    why: "Why",
    whyHint: "It stands in the audit trail.",
  },
};
