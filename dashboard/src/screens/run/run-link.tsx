import { Link } from "@tanstack/react-router";

/** To another run, and a step of it. */
export function RunLink({ run, step = null }: { run: string; step?: string | null }) {
  return (
    <Link
      to="/runs/$run"
      params={{ run }}
      search={step === null ? {} : { step }}
      className="text-info font-mono text-xs underline"
    >
      {run.slice(0, 13)}
      {step === null ? "" : ` · ${step}`}
    </Link>
  );
}
