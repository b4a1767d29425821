import type { SignInMail } from "../auth/index.ts";
import type { Log } from "../lib/log.ts";

export interface MailConfig {
  /** `smtps://user:password@host` or `smtp://…`; undefined: there is none. */
  server: string | undefined;
  from: string;
}

/** Sends what sign-in has to say. Without a mail server it stands on the console, for whoever tries this out on their own machine. */
export function createSendMail({ server, from }: MailConfig, log: Log): (mail: SignInMail) => Promise<void> {
  return async ({ to, subject, text, link, validFor }) => {
    if (server === undefined) {
      log.warn({ to, link }, `No mail server is set (GANTRY_MAIL_SERVER), so this isn't sent: ${subject}`);
      return;
    }
    const { hostname, protocol } = new URL(server);
    // Not before the first: it takes 24 MB.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      url: server,
      // A password and links that let people in don't go over a network in the clear.
      requireTLS: protocol === "smtp:" && !/^(localhost|127\.|\[::1\])/.test(hostname),
      disableFileAccess: true,
      disableUrlAccess: true,
    } as never);
    try {
      await transport.sendMail({
        from,
        to,
        subject,
        text: `${text}\n\n${link}\n\nThe link is good for ${validFor}, once.\n`,
        headers: { "auto-submitted": "auto-generated" },
      });
    } finally {
      transport.close();
    }
  };
}
