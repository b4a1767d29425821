import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, useNow } from "../../ui/time.tsx";
import { texts } from "./texts.ts";

/** Around every screen while the session acts for the installation: for how long still, and how to end it. */
export function ElevationBar({ until }: { until: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const left = Date.parse(until) - useNow(1_000);
  const end = useMutation({
    mutationFn: () => client.elevation.end(),
    onSettled: () => queries.invalidateQueries(),
  });
  const over = left <= 0;
  useEffect(() => {
    // What it allowed goes from the screen with it.
    if (over) void queries.invalidateQueries();
  }, [over, queries]);
  if (over) return null;
  return (
    <div
      role="region"
      aria-label={said.act}
      className="bg-warn-soft text-warn border-line flex items-center justify-between gap-3 border-b px-3 py-1.5 text-sm sm:px-4"
    >
      <p>{said.bar(duration(left < 60_000 ? left : left - (left % 60_000)))}</p>
      <Button small pending={end.isPending} onClick={() => end.mutate()}>
        {said.end}
      </Button>
    </div>
  );
}
