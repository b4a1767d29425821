import type { Json } from "@gantry/sdk";
import { useState, type ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { jsonOr } from "./json-text.ts";
import { texts } from "./texts.ts";

/** Asks for a value as JSON; an empty field is null. */
export function JsonDialog({
  title,
  label,
  hint,
  error,
  buttons,
  onClose,
  children,
}: {
  title: string;
  label: string;
  hint: string;
  error: Error | null;
  /** What can be done with the value; undefined while it is none. */
  buttons(value: Json | undefined): ReactNode;
  onClose(): void;
  children?: ReactNode;
}) {
  const said = useTexts(texts);
  const [typed, setTyped] = useState("");
  const value = jsonOr(typed);
  return (
    <Dialog open onClose={onClose} title={title} footer={buttons(value)}>
      <div className="space-y-3">
        {children}
        <TextArea
          label={label}
          hint={hint}
          error={value === undefined ? said.badJson : null}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="font-mono"
        />
        {error !== null && <ErrorNotice error={error} />}
      </div>
    </Dialog>
  );
}
