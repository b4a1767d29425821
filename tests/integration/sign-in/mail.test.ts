import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { createSendMail } from "../../../platform/src/boot/send-mail.ts";
import type { Log } from "../../../platform/src/lib/log.ts";
import { startMailServer } from "../../support/mail-server.ts";
import { trustInTest } from "../../support/trust.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/tls");
const password = "correct horse/battery";
const credentials = `gantry:${encodeURIComponent(password)}`;
const from = "Gantry <gantry@example.com>";
const mail = {
  to: "approver@example.com",
  subject: "Gantry: a new password",
  text: "Somebody asked for a new password.",
  link: "https://gantry.example.com/reset-password?token=link-canary",
  validFor: "30 minutes",
};

/** One that speaks TLS with a certificate of our own authority, and notes over what each password came. */
async function startTlsServer(options: Pick<SMTPServerOptions, "secure" | "disabledCommands">): Promise<{
  port: number;
  seen: { secure: boolean; password: string | undefined }[];
  messages: string[];
}> {
  const seen: { secure: boolean; password: string | undefined }[] = [];
  const messages: string[] = [];
  const server = new SMTPServer({
    ...options,
    key: readFileSync(join(fixtures, "first.key")),
    cert: readFileSync(join(fixtures, "first.pem")),
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth(auth, session, done) {
      seen.push({ secure: session.secure, password: auth.password });
      // A server that repeats what it was told, as some do.
      if (auth.password === password) done(null, { user: "gantry" });
      else done(new Error(`wrong password ${auth.password ?? ""}`));
    },
    onData(stream, _session, done) {
      let raw = "";
      stream.on("data", (chunk) => (raw += String(chunk)));
      stream.on("end", () => {
        messages.push(raw.replaceAll("=\r\n", ""));
        done();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, seen, messages };
}

function openLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const note = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  return { lines, log: { debug: note, info: note, warn: note, error: note } };
}

/** What is refused is said to whom it concerns: a code to who asked, the reason to the log, secrets to nobody. */
async function refusal(server: string, patience?: number): Promise<string> {
  const { log, lines } = openLog();
  const sending = createSendMail({ server, from }, log, patience)(mail);
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "mail_not_sent", fault: "operational", retryable: true });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("The mail server didn't take a message");
  const said = `${lines[0] ?? ""} ${String(error)} ${String((error as Error).cause)}`;
  for (const secret of ["horse", "hunter2", "link-canary"]) expect(said).not.toContain(secret);
  return lines[0] ?? "";
}

test("a server on this machine without TLS gets the message, signed in by the password of the address", async () => {
  await using server = await startMailServer("gantry", password);
  const { log, lines } = openLog();
  await createSendMail({ server: `smtp://${credentials}@127.0.0.1:${server.port}`, from }, log)(mail);
  const [received] = await server.received(1);
  expect(received).toMatchObject({ from: "gantry@example.com", to: ["approver@example.com"] });
  expect(received?.header("subject")).toBe(mail.subject);
  expect(received?.header("auto-submitted")).toBe("auto-generated");
  expect(received?.raw.replaceAll("=3D", "=")).toContain(`${mail.link}\n\nThe link is good for 30 minutes, once.`);
  expect(lines).toEqual([]);
});

test("a wrong password and a refused recipient are a code for who asked and a line in the log, without the password", async () => {
  await using server = await startMailServer("gantry", password);
  expect(await refusal(`smtp://gantry:hunter2@127.0.0.1:${server.port}`)).toMatch(/"reason":"EAUTH","status":535/);
  const { log, lines } = openLog();
  const send = createSendMail({ server: `smtp://${credentials}@127.0.0.1:${server.port}`, from }, log);
  await expect(send({ ...mail, to: "nobody@example.com" })).rejects.toMatchObject({ code: "mail_not_sent" });
  expect(lines.join()).toMatch(/"reason":"EENVELOPE","status":550/);
  expect(server.mails).toEqual([]);
});

test("a server that never speaks, stops in the middle or isn't there is given up after a while", async () => {
  const sockets = new Set<Socket>();
  const hanging = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    // The second greets, then says nothing more.
    if (sockets.size === 2) socket.write("220 mail.example.com ESMTP\r\n");
  });
  await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
  const { port } = hanging.address() as AddressInfo;
  for (const _ of ["silent", "greets"])
    expect(await refusal(`smtp://${credentials}@127.0.0.1:${port}`, 200)).toContain("ETIMEDOUT");
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => hanging.close(() => resolve()));
  expect(await refusal(`smtp://${credentials}@127.0.0.1:${port}`)).toContain("ECONNREFUSED");
});

test("STARTTLS and TLS from the start are used where the authority is trusted, and nothing is said before", async () => {
  const [changing, secure, plain] = [
    await startTlsServer({}),
    await startTlsServer({ secure: true }),
    await startTlsServer({ disabledCommands: ["STARTTLS"] }),
  ];
  // Another name of this machine, which isn't known to be it: the password doesn't go there in the clear.
  expect(await refusal(`smtp://${credentials}@0.0.0.0:${plain.port}`)).toContain("ETLS");
  const addresses = [
    `smtp://${credentials}@localhost:${changing.port}`,
    `smtps://${credentials}@localhost:${secure.port}`,
  ];
  for (const address of addresses) expect(await refusal(address)).toMatch(/certificate/);
  expect([plain.seen, changing.seen, secure.seen]).toEqual([[], [], []]);

  trustInTest(join(fixtures, "ca.pem"));
  for (const server of addresses) await createSendMail({ server, from }, openLog().log)(mail);
  for (const { seen, messages } of [changing, secure]) {
    expect(seen).toEqual([{ secure: true, password }]);
    expect(messages).toHaveLength(1);
  }
  // Its name isn't that of the certificate.
  expect(await refusal(`smtps://${credentials}@0.0.0.0:${secure.port}`)).toContain(
    "does not match certificate's altnames",
  );
  expect(await refusal(`smtps://gantry:hunter2@localhost:${secure.port}`)).toMatch(/"reason":"EAUTH","status":535/);
});
