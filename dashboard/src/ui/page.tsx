import { Suspense, useEffect, type ReactNode } from "react";
import { Loading } from "./loading.tsx";

/** A screen: its heading, what can be done here, and the content, which may still be on its way. */
export function Page({
  title,
  lead,
  actions,
  children,
  wide = false,
}: {
  title: string;
  /** One line under the heading. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Uses all the width that there is. */
  wide?: boolean;
}) {
  useEffect(() => {
    document.title = `${title} · Gantry`;
  }, [title]);
  return (
    <div className={wide ? "px-4 py-4 sm:px-6" : "mx-auto max-w-6xl px-4 py-4 sm:px-6"}>
      <header className="mb-4 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="text-xl font-semibold [overflow-wrap:anywhere]">{title}</h1>
          {lead !== undefined && <div className="text-muted mt-0.5 text-sm">{lead}</div>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </div>
  );
}

/** A part of a screen, under a heading of its own. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  /** Without space around the content, for tables and lists. */
  flush?: boolean;
}) {
  return (
    <section className="bg-surface border-line rounded-lg border" aria-label={title}>
      {title !== undefined && (
        <header className="border-line flex min-h-10 flex-wrap items-center gap-2 border-b px-3 py-1.5">
          <h2 className="flex-1 text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      <div className={flush ? "" : "p-3"}>{children}</div>
    </section>
  );
}
