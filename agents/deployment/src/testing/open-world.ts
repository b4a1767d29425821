import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { JsonObject, Runbook } from "@gantry/sdk";
import type { World } from "@gantry/sdk/conformance";
import type { TestContext } from "@gantry/sdk/testing";
import { lookAt, placesOf } from "../host-process.ts";
import { deployService } from "../runbooks.ts";
import { runRunbook } from "./run-runbook.ts";
import { findServicePort } from "./service-port.ts";
import { createServiceRepository } from "./service-repository.ts";
import { killEverythingIn } from "./stage.ts";

/** A host on which that many versions were deployed, one after the other, and a runbook stands before one of its steps. */
export async function openWorld<Input>({ runbook, step, deployed, parameters = {} }: Moment): Promise<World<Input>> {
  const [service, repository, port] = ["web", createServiceRepository(), await findServicePort()];
  const commits: string[] = [];
  const all = { service, repository: repository.path, port, ref: "main", drainMs: 0 };
  const given = runbook === deployService ? all : { service, ...parameters };
  let [ctx, input]: [TestContext | null, Input | null] = [null, null];
  const commit = () => commits.push(repository.commit({ version: String(commits.length + 1) }).slice(0, 12));
  const name = (release: string) => `version ${commits.indexOf(release.slice(0, 12)) + 1}`;
  return {
    get input() {
      return input as Input;
    },
    async prepare(own) {
      ctx = own;
      for (let count = 0; count < deployed; count++) {
        commit();
        const { error } = await runRunbook(deployService, all, own);
        if (error) throw error;
      }
      commit();
      const ran = await runRunbook(runbook, given, own, { stopBefore: step });
      if (ran.error) throw ran.error;
      input = ran.input as Input;
    },
    async look() {
      if (ctx === null) return null;
      const view = await lookAt(service, ctx);
      const folder = dirname(placesOf(service, ctx).release("any"));
      return {
        up: view !== null && view.pid !== 0,
        traffic: view?.active ? name(view.active) : null,
        versions: (view?.versions ?? []).map(({ id, wanted }) => `${name(id)} ${wanted}`).toSorted(),
        onDisk: (await readdir(folder).catch(() => [])).map(name).toSorted(),
      };
    },
    async [Symbol.asyncDispose]() {
      if (ctx) await killEverythingIn(ctx.hostdir);
      repository[Symbol.dispose]();
    },
  };
}

export interface Moment {
  runbook: Runbook;
  step: string;
  deployed: number;
  /** Besides the service. */
  parameters?: JsonObject;
}
