import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Leads to a run's page. */
export function RunLink({ run, children }: { run: string; children: ReactNode }) {
  return (
    <Link
      to="/runs/$run"
      params={{ run }}
      className="hover:text-accent min-w-0 font-medium [overflow-wrap:anywhere] hover:underline"
    >
      {children}
    </Link>
  );
}
