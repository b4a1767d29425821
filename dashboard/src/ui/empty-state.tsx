import type { ReactNode } from "react";
import { Command } from "./command.tsx";

/** Nothing is here yet: what would be, and how to begin, at the command line too. */
export function EmptyState({ title, children, command }: { title: string; children?: ReactNode; command?: string }) {
  return (
    <div className="mx-auto max-w-xl px-4 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="text-muted mt-1 text-sm">{children}</div>}
      {command !== undefined && (
        <div className="mt-3 text-left">
          <Command>{command}</Command>
        </div>
      )}
    </div>
  );
}
