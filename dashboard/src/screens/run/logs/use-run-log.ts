import { useEffect, useRef, useState } from "react";
import { useClient, useEvents, useLiveState } from "../../../data/queries.ts";
import { useVersion } from "../../../ui/use-version.ts";
import { createLogReader, type LogReader } from "./log-reader.ts";

/** The run's log while a component shows it; another run is another component. `version` changes with it. */
export function useRunLog(run: string): { reader: LogReader; version: number } {
  const client = useClient();
  const [version, changed] = useVersion();
  const [reader] = useState(() =>
    createLogReader({
      read: (query, signal) => client.runs.logs(run, query, { signal }),
      onChange: changed,
      page: document,
      breathe: () => new Promise((resolve) => setTimeout(resolve)),
      beforeFrame: (work) => void setTimeout(work, drawEveryMs),
      now: () => performance.now(),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    }),
  );
  useEffect(() => {
    reader.start();
    return () => reader.stop();
  }, [reader]);

  // A run that had ended may go on: retried, undone.
  useEvents((event) => {
    if (event.type === "attempt.started" && reader.state() === "ended") reader.resume();
  }, run);
  // What cut the stream of events may have cut this connection too, without anybody having said so.
  const live = useLiveState();
  const before = useRef(live);
  useEffect(() => {
    if (live === "live" && before.current === "connecting" && reader.state() === "following") reader.resume();
    before.current = live;
  }, [live, reader]);
  return { reader, version };
}

/** Often enough to look immediate; a log that is read fast would otherwise be drawn for each piece. */
const drawEveryMs = 60;
