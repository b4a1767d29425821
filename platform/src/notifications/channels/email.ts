import type { Destination } from "@gantry/sdk/api";
import { openSocket } from "../../outgoing/index.ts";
import { MailServerInvalidError } from "../errors.ts";
import { plainLine } from "../plain-text.ts";
import type { ChannelDeps, Message, Outcome } from "./channel.ts";
import { emailBodies } from "./email-bodies.ts";

/**
 * An e-mail by SMTP, one thread per run: all of them refer to a message id made of the run's, so a reader's program puts them
 * together in whatever order they arrive. A repeated try has the same id.
 */
export async function sendEmail(
  { guard, signal }: ChannelDeps,
  { server, from, to, privateAddresses }: Extract<Destination, { channel: "email" }>,
  message: Message,
): Promise<Outcome> {
  const address = readServer(message.secret(server), server.$secret);
  const { socket, allowed } = await openSocket(privateAddresses === true ? guard.withPrivate() : guard, {
    ...address,
    signal,
  });
  // Not before the first e-mail: most installations send none, and it takes 24 MB of every process.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    connection: socket,
    // The name that the certificate is for.
    host: address.host,
    port: address.port,
    secure: address.secure,
    // Passwords and content go out in the clear only inside the operator's own network, and only where TLS isn't offered.
    requireTLS: !address.secure && !allowed,
    ...(address.user === "" ? {} : { auth: { user: address.user, pass: address.password } }),
    // What others wrote must not name files or addresses of ours to be attached.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const { run } = message.notices[0];
  const thread = run === null ? undefined : `<run.${run.id}.${message.subscription.id}@${domain}>`;
  try {
    const sent = await transport.sendMail({
      from,
      to: [...to],
      subject: subjectOf(message),
      messageId: `<${message.id}@${domain}>`,
      ...(thread === undefined ? {} : { inReplyTo: thread, references: thread }),
      // No holiday replies, please.
      headers: { "auto-submitted": "auto-generated", "x-gantry-subscription": message.subscription.name },
      ...emailBodies(message),
    });
    const refused =
      sent.rejected.length === 0 ? "" : `; refused for ${sent.rejected.length} of ${to.length} recipients`;
    return { ok: true, status: statusOf(sent.response), detail: plainLine(sent.response, 300) + refused };
  } catch (error) {
    return failureOf(error, signal);
  } finally {
    socket.destroy();
  }
}

/** The same for all of a run, as mail programs also go by the subject; what happened stands in the first line. */
function subjectOf({ notices: [first] }: Message): string {
  if (first.kind === "test") return "Gantry: test of a subscription";
  if (first.run === null) return `Gantry: ${plainLine(first.sentence, 120)}`;
  return `Gantry: ${plainLine(first.run.goal, 120)} in ${first.run.environment}`;
}

interface Server {
  host: string;
  port: number;
  secure: boolean;
  user: string;
  password: string;
}

/** `smtps://` speaks TLS from the first byte, `smtp://` changes over to it (STARTTLS). */
function readServer(text: string, secret: string): Server {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") throw new MailServerInvalidError(secret);
  const secure = url.protocol === "smtps:";
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
      secure,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  } catch (cause) {
    throw new MailServerInvalidError(secret, { cause });
  }
}

function failureOf(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { ok: false, status: null, detail: "The mail server did not answer in time." };
  const {
    code = "",
    response = "",
    responseCode,
  } = error as { code?: string; response?: string; responseCode?: number };
  const status = typeof responseCode === "number" ? responseCode : null;
  const said = response === "" ? ((error as Error).message ?? "") : response;
  // 5xx about the sender, the recipients or the content; a refused password can be mended meanwhile.
  const final = status !== null && status >= 500 && (code === "EENVELOPE" || code === "EMESSAGE");
  return { ok: false, status, detail: `${code === "" ? "" : `${code}: `}${plainLine(said, 300)}`, final };
}

function statusOf(response: string): number | null {
  const code = /^\d{3}/.exec(response)?.[0];
  return code === undefined ? null : Number(code);
}
