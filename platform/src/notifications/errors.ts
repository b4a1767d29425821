import { GantryError } from "@gantry/sdk";

export class SigningSecretInvalidError extends GantryError {
  readonly code = "signing_secret_invalid";
  constructor(name: string) {
    super(
      `The secret ${name} can't sign messages: it must be whsec_ and at least 24 random bytes in base64. ` +
        `Store one: echo "whsec_$(openssl rand -base64 32)" | gantry secret set ${name}`,
      { details: { name } },
    );
  }
}
