import { setTimeout as delay } from "node:timers/promises";
import { openProxy } from "../proxy.ts";
import type { Round } from "../round.ts";

/** The connection goes between a commit and its answer: the worker can't know whether it was committed. */
export async function cutConnections(round: Round): Promise<void> {
  const { stage, random } = round;
  const url = new URL(stage.superuserUrl);
  const socket = `${url.searchParams.get("host") ?? ""}/.s.PGSQL.${url.searchParams.get("port") ?? ""}`;
  const proxy = await openProxy(socket);
  url.search = "";
  url.host = `127.0.0.1:${proxy.port}`;
  const env = { GANTRY_DATABASE_URL: url.href };
  await Promise.all([round.startWorker({ env }), round.startWorker({ env })]);
  while (round.total() < round.kills) {
    const cut = proxy.cutNextAnswer();
    await Promise.race([cut, keepSubmitting(round, cut)]);
    round.count("unheard-commit");
    await delay(random.int(0, 200));
  }
  round.cleanUp(async () => proxy[Symbol.asyncDispose]());
}

async function keepSubmitting(round: Round, cut: Promise<void>): Promise<void> {
  let done = false;
  void cut.then(() => {
    done = true;
  });
  while (!done) {
    if ((await round.unfinished()) < 20) await round.submitAny();
    else await delay(20);
  }
}
