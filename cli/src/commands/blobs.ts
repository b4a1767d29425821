import type { Command } from "commander";
import type { Act } from "../action.ts";
import { showPart } from "../doctor/part.ts";
import { example } from "./options.ts";

/** `gantry blobs`: where logs, previews and artifacts are kept, and moving them elsewhere. */
export function blobsCommands(program: Command, act: Act): void {
  const blobs = program.command("blobs").description("Where logs, previews and artifacts are kept.");

  const status = blobs
    .command("status")
    .description("Where contents are kept, whether the bucket works, and what its lifecycle rules do to them.");
  act(status, async (context) => {
    return showPart(context, "blobs", await context.client().blobs.get());
  });

  const lifecycle = blobs
    .command("lifecycle")
    .description("Give the bucket Gantry's rule: uploads that nobody completes and old versions go. Other rules stay.");
  act(lifecycle, async (context) => {
    const view = await context.client().blobs.setLifecycle();
    if (context.json) return context.terminal.json(view);
    context.terminal.say(`Set the rule of ${view.place ?? "the bucket"}.`);
  });

  const move = blobs
    .command("move")
    .description("Move contents to where new ones are written. Each copy is read back before the original goes.");
  example(move, "gantry blobs move");
  act(move, async (context) => {
    const total = { moved: 0, lost: 0 };
    for (let done = false; !done;) {
      const part = await context.client().blobs.move();
      // Those without bytes are met again each time.
      total.lost = part.lost;
      total.moved += part.moved;
      ({ done } = part);
      if (!done && !context.json) context.terminal.say(`Moved ${total.moved} so far …`);
    }
    if (context.json) context.terminal.json(total);
    else context.terminal.say(`Moved ${total.moved}.${total.lost > 0 ? ` ${total.lost} have lost their bytes.` : ""}`);
    return total.lost > 0 ? "failed" : "ok";
  });
}
