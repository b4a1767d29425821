import { useDeferredValue, useMemo, useState } from "react";
import { useIdleWork } from "../../../ui/use-idle-work.ts";
import { useVersion } from "../../../ui/use-version.ts";
import type { LogReader } from "./log-reader.ts";
import { createLogSearch, type LogSearch } from "./log-search.ts";

export interface FoundInLog {
  /** Null: nothing is looked for. */
  search: LogSearch | null;
  /** Everything that was read was looked at. */
  whole: boolean;
}

/** Looks for a text in the log while there is time. */
export function useLogSearch(reader: LogReader, version: number, wanted: string): FoundInLog {
  const needle = useDeferredValue(wanted);
  const search = useMemo(() => (needle === "" ? null : createLogSearch(reader.store, needle)), [reader, needle]);
  const [, changed] = useVersion();
  const [whole, setWhole] = useState(false);
  useIdleWork(
    (isLate) => {
      if (search === null) return true;
      const before = search.count;
      const done = search.advance(isLate);
      setWhole(done);
      if (search.count !== before) changed();
      return done;
    },
    [search, version],
  );
  return { search, whole };
}
