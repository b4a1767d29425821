import { MailNotSentError, type SignInMail } from "../auth/index.ts";
import type { Log } from "../lib/log.ts";

export interface MailConfig {
  /** `smtps://user:password@host` or `smtp://…`; undefined: there is none. */
  server: string | undefined;
  from: string;
}

/** For a connection, and for each answer of the server. */
const patienceMs = 20_000;

/**
 * Sends what sign-in has to say. Without a mail server it stands on the console, for whoever tries this out on their own machine.
 * @throws MailNotSentError
 */
export function createSendMail(
  { server, from }: MailConfig,
  log: Log,
  patience = patienceMs,
): (mail: SignInMail) => Promise<void> {
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
      requireTLS: protocol === "smtp:" && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname),
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: patience,
      dnsTimeout: patience,
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
    } catch (error) {
      log.warn({ server: hostname, ...reasonOf(error) }, "The mail server didn't take a message");
      throw new MailNotSentError();
    } finally {
      transport.close();
    }
  };
}

/** Codes, and our own side's words; never the server's, which may repeat the password that it was given. */
function reasonOf(error: unknown): { reason: string; status: number | null } {
  const { code, response, responseCode, message } = error as Error & {
    code?: string;
    response?: string;
    responseCode?: number;
  };
  const words = response === undefined ? `: ${message}` : "";
  return { reason: `${code ?? "unknown"}${words}`, status: responseCode ?? null };
}
