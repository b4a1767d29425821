import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const looks: Record<ButtonKind, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-hover",
  plain: "bg-surface text-text border-line hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent hover:bg-hover",
  danger: "bg-bad text-on-bad border-transparent hover:opacity-90",
};

/** How anything to press looks; also for links that lead to an action. */
export function buttonLook(kind: ButtonKind = "plain", small = false): string {
  return classNames(
    "inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none",
    small ? "min-h-7 px-2 text-xs" : "min-h-8 px-3 text-sm max-sm:min-h-10",
    "disabled:cursor-not-allowed disabled:opacity-55",
    looks[kind],
  );
}

export interface ButtonProps extends ComponentProps<"button"> {
  kind?: ButtonKind;
  small?: boolean;
  /** What it started isn't done yet: it can't be pressed, and says so. */
  pending?: boolean;
}

export function Button({ kind = "plain", small = false, pending = false, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={pending || disabled === true}
      aria-busy={pending || undefined}
      className={classNames(buttonLook(kind, small), className)}
    />
  );
}
