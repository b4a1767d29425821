import type { WorkerProcess } from "./worker-process.ts";

/** An engine under measurement: Gantry or a peer. Its servers run from when it is opened; its worker is started and killed. */
export interface Engine extends AsyncDisposable {
  /** @throws Error when it isn't ready in time */
  startWorker(options: WorkerOptions): Promise<WorkerProcess>;
  /**
   * Submits that many runs at once and resolves when the engine's own record says that all of them have ended well. Goes on
   * waiting when the worker is killed meanwhile and another one is started.
   */
  run(count: number): Promise<void>;
}

export interface WorkerOptions {
  /** Port of the ledger that each step tells; null: steps do nothing. */
  ledger: number | null;
  detection: Detection;
}

/** How soon a dead worker is taken for dead: after the pause that the engine ships with, or as soon as it can be had. */
export type Detection = "long" | "short";

export interface OpenOptions {
  /** A folder of its own. */
  folder: string;
  /** Makes a database of that name on the server that all share. */
  database(name: string): Promise<string>;
}

/** Of agents: with the model that they think with. */
export interface AgentOptions extends OpenOptions {
  provider: { url: string };
}

/** How an engine stands in the tables. */
export interface Peer {
  /** Name of its module, and on the command line. */
  id: string;
  title: string;
  /** Packages whose versions are reported. */
  packages: readonly string[];
  open(options: OpenOptions): Promise<Engine>;
  /** Whether its speed is measured. */
  speed: boolean;
  /** What shows that a worker is dead, where kills are measured. */
  detections: Partial<Record<Detection, string>>;
}

/** The machine lacks what the peer needs: it is reported as not measured. */
export class NotMeasurableError extends Error {}

export const steps = 10;
