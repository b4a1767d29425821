import type { Edge } from "./edge.ts";
import type { Places } from "./places.ts";
import { killMarked } from "./processes.ts";
import type { By, HostConfig, HostView, Refusal, StopOrder, SwitchOrder, VersionSpec } from "./protocol.ts";
import { markOf } from "./start-process.ts";
import type { StateFile } from "./state.ts";
import { filesExist, superviseVersion } from "./version.ts";
import type { Version } from "./version.ts";

/** What an order is refused with; the caller turns it into an error with advice. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

export interface ServiceDeps {
  readonly config: HostConfig;
  readonly places: Places;
  readonly state: StateFile;
  readonly edge: Edge;
  listening(): { listening: boolean; listenError: string | null };
  log(message: string, fields?: Record<string, unknown>): void;
}

/** The versions of one service and which of them has the traffic. Every change is on disk before it is answered. */
export interface Service {
  view(): HostView;
  /** Brings back what was wanted when the last host ended: adopts what still runs, starts what doesn't. */
  resume(): Promise<void>;
  /** Adds a version and starts it; the same id again only makes sure that it runs. */
  start(by: By, spec: VersionSpec): Promise<void>;
  wake(by: By, id: string): Promise<void>;
  switch(order: SwitchOrder): void;
  stop(id: string, order: StopOrder): Promise<void>;
  /** Forgets a stopped version. Its files are the caller's to remove. */
  forget(by: By, id: string): void;
  /** Refuses older owners of the run from now on. */
  fence(by: By): void;
  /** Stops everything for good: nothing has the traffic, nothing is wanted. */
  stopAll(order: Omit<StopOrder, "retiredFor">): Promise<void>;
  /** Lets the versions drain and stops them, but keeps them wanted: the machine goes down. */
  suspend(limits: { drainMs: number; graceMs: number }): Promise<void>;
}

export function createService(deps: ServiceDeps): Service {
  const { config, state, edge, log } = deps;
  const versions = new Map<string, Version>();

  const supervised = (id: string): Version => {
    const known = versions.get(id);
    if (known) return known;
    const record = state.version(id);
    if (!record) throw new Refused("not_found", `Release ${id} is not known here.`);
    const version = superviseVersion({
      ...deps,
      record,
      save: state.save,
      inFlight: () => edge.inFlight(id),
      onEnd: () => edge.forget(id),
    });
    versions.set(id, version);
    return version;
  };

  const admit = (by: By): void => {
    if (!state.admit(by)) throw new Refused("stale_fence", `Run ${by.run} has passed to another worker.`);
  };

  const ensureFiles = (id: string): void => {
    if (!filesExist(id, deps))
      throw new Refused("release_missing", `The files of release ${id} are not on this host any more.`);
  };

  return {
    view: () => ({
      ...config,
      ...deps.listening(),
      pid: process.pid,
      active: state.current.active,
      stoppedFrom: state.current.stoppedFrom,
      versions: Object.keys(state.current.versions).map((id) => supervised(id).view()),
      requests: edge.counts(),
    }),

    async resume() {
      for (const [id, record] of Object.entries(state.current.versions)) {
        if (record.wanted === "running") await supervised(id).start();
        else if (record.process !== null) await supervised(id).stop({ drainMs: 0, graceMs: 10_000 });
        else killMarked(markOf(id, deps));
      }
    },

    async start(by, spec) {
      admit(by);
      ensureFiles(spec.id);
      state.current.versions[spec.id] ??= {
        ...spec,
        wanted: "running",
        port: null,
        process: null,
        startedAt: 0,
        servedAt: null,
        switchedFrom: null,
        retiredFor: null,
      };
      await supervised(spec.id).start();
      log("version started", { version: spec.id, commit: spec.commit });
    },

    async wake(by, id) {
      admit(by);
      const version = supervised(id);
      ensureFiles(id);
      await version.start();
      log("version woken", { version: id });
    },

    switch({ by, from, to }) {
      admit(by);
      const { current } = state;
      if (current.active === to) return;
      if (current.active !== from)
        throw new Refused("switch_conflict", `Release ${String(current.active)} has the traffic, not ${String(from)}.`);
      if (to !== null) {
        const { record, view } = supervised(to);
        if (view().status !== "running") throw new Refused("version_not_running", `Release ${to} isn't running.`);
        record.servedAt = Date.now();
        record.switchedFrom = from ?? record.switchedFrom;
      }
      current.active = to;
      state.save();
      log("traffic switched", { from, to });
    },

    async stop(id, order) {
      admit(order.by);
      const version = supervised(id);
      if (state.current.active === id)
        throw new Refused("version_active", `Release ${id} has the traffic; switch it first.`);
      version.record.retiredFor = order.retiredFor ?? version.record.retiredFor;
      await version.stop(order);
      log("version stopped", { version: id });
    },

    forget(by, id) {
      admit(by);
      const version = versions.get(id);
      if (!state.version(id)) return;
      if (state.current.active === id) throw new Refused("version_active", `Release ${id} has the traffic.`);
      if (version && version.view().status !== "stopped")
        throw new Refused("version_active", `Release ${id} is still running; stop it first.`);
      version?.release();
      versions.delete(id);
      delete state.current.versions[id];
      state.save();
    },

    fence(by) {
      admit(by);
      state.save();
    },

    async stopAll({ by, drainMs, graceMs }) {
      admit(by);
      state.current.stoppedFrom = state.current.active ?? state.current.stoppedFrom;
      state.current.active = null;
      state.save();
      await Promise.all(Object.keys(state.current.versions).map((id) => supervised(id).stop({ drainMs, graceMs })));
    },

    async suspend(limits) {
      const wanted = [...versions.values()].filter(({ record }) => record.wanted === "running");
      await Promise.all(wanted.map((version) => version.stop(limits)));
      for (const { record } of wanted) record.wanted = "running";
      state.save();
    },
  };
}
