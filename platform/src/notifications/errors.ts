import { GantryError, type ErrorOptions } from "@gantry/sdk";

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

export class MailServerInvalidError extends GantryError {
  readonly code = "mail_server_invalid";
  constructor(name: string, options: ErrorOptions = {}) {
    super(
      `The secret ${name} isn't a mail server: it must look like smtps://user:password@mail.example.com:465, ` +
        "with what is special in user and password written as %xx.",
      { ...options, details: { name } },
    );
  }
}
