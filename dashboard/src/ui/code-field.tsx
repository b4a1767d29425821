import { TextField } from "./field.tsx";
import { useTexts } from "./texts.ts";

/** For the code of an authenticator app, typed with or without a gap. */
export function CodeField({ hint, value, onChange }: { hint: string; value: string; onChange(value: string): void }) {
  return (
    <TextField
      label={useTexts(texts).label}
      hint={hint}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={7}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** What is sent of what was typed. */
export function codeOf(typed: string): string {
  return typed.replaceAll(" ", "");
}

export function isCode(typed: string): boolean {
  return /^\d{6}$/.test(codeOf(typed));
}

const texts = { en: { label: "Six digits of your authenticator app" } };
