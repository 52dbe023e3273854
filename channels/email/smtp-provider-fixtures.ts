/**
 * A real SMTP server for the tests of the e-mail channel: it takes messages, keeps them as they came, and misbehaves when told
 * to, at the stage that it is told.
 */
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { Mood, Provider } from "../contract.ts";

export interface SmtpProvider extends Provider {
  readonly port: number;
  /** Messages as they came, with their envelopes. */
  readonly mails: readonly { readonly from: string; readonly to: readonly string[]; readonly raw: string }[];
  /** What it says while it is `saying`: to a recipient, or when a message is over. */
  reply: { readonly at: "sender" | "recipient" | "message"; readonly code: number; readonly text: string };
  /** While it `drops`: where it hangs up. */
  dropsAt: "recipient" | "message";
  /** Connections that were made. */
  readonly connections: number;
}

export async function startSmtpProvider(options: SMTPServerOptions = {}): Promise<SmtpProvider> {
  let mood: Mood = "well";
  let taken = 0;
  let connections = 0;
  const sockets = new Set<Socket>();
  const mails: { from: string; to: readonly string[]; raw: string }[] = [];
  const refusal = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server: SMTPServer = new SMTPServer({
    authOptional: true,
    disabledCommands: options.secure === true || options.key !== undefined ? [] : ["STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    onConnect(_session, done) {
      connections++;
      done();
    },
    onMailFrom(_address, _session, done) {
      // A silent one says so once it has the whole message: what is ended before that was never sent.
      if (mood !== "silent") taken++;
      if (mood === "busy") return done(refusal(451, "4.7.1 Try again later"));
      const { at, code, text } = provider.reply;
      done(mood === "saying" && at === "sender" ? refusal(code, text) : null);
    },
    onRcptTo(_address, _session, done) {
      if (mood === "drops" && provider.dropsAt === "recipient") return hangUp();
      const { at, code, text } = provider.reply;
      done(mood === "saying" && at === "recipient" ? refusal(code, text) : null);
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => void parts.push(part));
      stream.on("end", () => {
        if (mood === "silent") return void taken++;
        if (mood === "drops") return hangUp();
        const { at, code, text } = provider.reply;
        if (mood === "saying" && at === "message") return done(refusal(code, text));
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw: Buffer.concat(parts).toString("utf8") });
        done(null);
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  server.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const provider: SmtpProvider = {
    port: (server.server.address() as AddressInfo).port,
    mails,
    reply: { at: "recipient", code: 550, text: "5.1.1 No such user" },
    dropsAt: "message",
    get taken() {
      return taken;
    },
    get connections() {
      return connections;
    },
    become: (next) => void (mood = next),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return provider;
}
