/** A process that deploys a service and then stays, as a worker would, until somebody kills it. */
import { createStage } from "./stage.ts";

const stage = await createStage();
const { error } = await stage.ship({ version: "1" });
if (error) throw error;
process.stdout.write(
  `${JSON.stringify({ hostdir: stage.ctx.hostdir, port: stage.port, repository: stage.repository.path })}\n`,
);
setInterval(() => undefined, 60_000);
