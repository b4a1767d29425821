import type { Command } from "commander";
import type { Act } from "../action.ts";
import { showPart } from "../doctor/part.ts";
import { example } from "./options.ts";

/** `gantry encryption`: the keys that the organization's content is encrypted with. */
export function encryptionCommands(program: Command, act: Act): void {
  const encryption = program
    .command("encryption")
    .description("Keys that the organization's content is encrypted with.");

  const status = encryption
    .command("status")
    .description("Which keys there are, how much is encrypted with each, and how far a re-encryption is.");
  example(status, "gantry encryption status");
  act(status, async (context) => showPart(context, "encryption", await context.client().encryption.status()));

  const rotate = encryption
    .command("rotate")
    .option("--organization", "a new key of the organization: all its content is re-encrypted")
    .description(
      "Make a new key-encryption key, which wraps the keys of all organizations (scope admin:everywhere); with --organization a new key of this one. " +
        "What exists is moved meanwhile, and the old key is retired once nothing uses it.",
    );
  example(rotate, "gantry encryption rotate --organization", "gantry encryption rotate");
  act<{ organization?: boolean }>(rotate, async (context, { options }) => {
    const key = options.organization === true ? "organization" : "key-encryption";
    return showPart(context, "encryption", await context.client().encryption.rotate({ key }));
  });
}
