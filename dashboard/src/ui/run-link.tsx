import type { Digest } from "@gantry/sdk";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Leads to a run's page; to the change set `toDecide` of it where that is what somebody comes for. */
export function RunLink({
  run,
  toDecide,
  children,
}: {
  run: string;
  toDecide?: Digest | undefined;
  children: ReactNode;
}) {
  const look = "hover:text-accent min-w-0 font-medium [overflow-wrap:anywhere] hover:underline";
  if (toDecide !== undefined)
    return (
      <Link to="/approvals/$run" params={{ run }} search={{ hash: toDecide }} className={look}>
        {children}
      </Link>
    );
  return (
    <Link to="/runs/$run" params={{ run }} className={look}>
      {children}
    </Link>
  );
}
