import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Decoded enough to look at: soft line ends of quoted-printable are joined. */
  raw: string;
  header(name: string): string | null;
}

export interface MailServer extends AsyncDisposable {
  port: number;
  mails: ReceivedMail[];
  received(count: number): Promise<ReceivedMail[]>;
}

/** A mail server on a real socket, without TLS, that knows one user and refuses recipients `nobody@…`. */
export async function startMailServer(user: string, password: string): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth: (auth, _session, done) =>
      auth.username === user && auth.password === password
        ? done(null, { user })
        : done(new Error("wrong user or password")),
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith("nobody@") ? Object.assign(new Error("no such user"), { responseCode: 550 }) : null),
    onData: (stream, { envelope }, done) => {
      let raw = "";
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => (raw += text));
      stream.on("end", () => {
        const joined = raw.replaceAll("=\r\n", "").replaceAll("\r\n", "\n");
        const headers = joined.slice(0, joined.indexOf("\n\n")).replaceAll(/\n[ \t]+/g, " ");
        mails.push({
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          raw: joined,
          header: (name) => new RegExp(`^${name}: (.*)$`, "im").exec(headers)?.[1] ?? null,
        });
        for (const look of waiting) look();
        done();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (mails.length < count) return;
          waiting.delete(look);
          resolve(mails);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
