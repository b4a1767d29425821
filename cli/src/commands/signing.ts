import { Option, type Command } from "commander";
import type { SigningKeyView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { readDuration } from "./options.ts";

const hourMs = 3_600_000;

/** `gantry signing`: the keys that the installation signs its audit trail and tokens with. */
export function signingCommands(program: Command, act: Act): void {
  const signing = program.command("signing").description("Keys that the installation signs with.");

  act(signing.command("keys").description("All keys that ever signed, oldest first."), async (context) => {
    const { items } = await context.client().signing.keys();
    printList(context, items, columns, "No keys.");
  });

  const rotate = signing
    .command("rotate")
    .description("Sign with a new key from now on. Needs the scope admin:everywhere.")
    .requiredOption("-r, --reason <text>", "why; it is audited")
    .addOption(
      new Option("--overlap <duration>", "how long the key before is believed: 24h unless told").argParser(
        readDuration,
      ),
    );
  act<{ reason: string; overlap?: number }>(rotate, async (context, { options: { reason, overlap = 24 * hourMs } }) => {
    const overlapHours = Math.max(1, Math.round(overlap / hourMs));
    const { items } = await context.client().signing.rotate({ reason, overlapHours });
    printList(context, items, columns, "No keys.");
  });
}

const columns: Column<SigningKeyView>[] = [
  { title: "KEY", text: ({ kid }) => kid, whole: true },
  { title: "SINCE", text: ({ createdAt }) => absolute(createdAt) },
  {
    title: "STATE",
    text: ({ retiresAt }) => (retiresAt === null ? "signs" : `believed until ${absolute(retiresAt)}`),
    give: 1,
  },
];
