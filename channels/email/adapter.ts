/** E-mail over SMTP, by nodemailer: connections are kept and shared, TLS is demanded, messages are signed. See limits.md. */
import type { Readable } from "node:stream";
import { createTransport } from "nodemailer";
import type { CallOutcome, ChannelAdapter } from "../../engine/model/message.ts";
import type { DkimSettings } from "../../engine/model/provider-settings.ts";
import { outcomeOfTrouble, type SmtpTrouble } from "./answer.ts";
import { emailRequest, type EmailSender } from "./request.ts";

export interface EmailOptions extends EmailSender {
  /** `smtps://user:password@host:465`, or `smtp://...:587`, which goes over to TLS before anything is said. */
  readonly url: string;
  /** The server is on this computer, or in a network of trust: it may be spoken to in the clear. */
  readonly allowsPlain: boolean;
  readonly dkim?: Pick<DkimSettings, "domainName" | "keySelector" | "privateKey"> | undefined;
  readonly connectionsMax: number;
  /** Certificates of an own authority, in PEM; those of the system when absent. */
  readonly authority?: string | undefined;
}

/** How long a server may be silent, within a signal's time: the ends that RFC 5321, 4.5.3.2 allows are minutes. */
const connectMsMax = 10_000;
const silenceMsMax = 60_000;
/** A connection is closed after so many messages; many servers ask for that. */
const messagesPerConnection = 100;

/** Streams of one message, one a connection that has tried it. */
interface Watched {
  readonly read: Readable[];
}

export function createEmailAdapter(options: EmailOptions): ChannelAdapter {
  const { url, allowsPlain, dkim, connectionsMax, authority } = options;
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connectionsMax,
    maxMessages: messagesPerConnection,
    // Only of a message that no connection has begun: nothing is said twice.
    maxRequeues: 1,
    requireTLS: !allowsPlain && !url.startsWith("smtps:"),
    connectionTimeout: connectMsMax,
    greetingTimeout: connectMsMax,
    socketTimeout: silenceMsMax,
    tls: { minVersion: "TLSv1.2", ...(authority !== undefined && { ca: authority }) },
    ...(dkim !== undefined && {
      dkim: { domainName: dkim.domainName, keySelector: dkim.keySelector, privateKey: dkim.privateKey },
    }),
  });
  // What a server is told of a message itself is read only once it has asked for it (354).
  transport.use("stream", ({ data, message }, done) => {
    const { read } = data as typeof data & Watched;
    const open = message.createReadStream.bind(message);
    message.createReadStream = (how) => {
      const stream = open(how);
      read.push(stream);
      return stream;
    };
    done();
  });
  return {
    name: "smtp",
    channel: "email",
    abilities: { idempotentForMs: 0, reports: ["delivered", "bounced", "complained"] },
    async deliver(message, signal): Promise<CallOutcome> {
      const request = emailRequest(message, options);
      if ("is" in request) return request;
      if (signal.aborted) return { is: "failed", reason: "unreachable", code: "aborted" };
      const read: Watched["read"] = [];
      const watched: typeof request & Watched = { ...request, read };
      try {
        const { messageId, response } = await transport.sendMail({ ...watched, signal });
        // Many servers name the message as they know it: `250 2.0.0 Ok: queued as 4F1A2`.
        const queued = /queued as ([\w-]{1,64})/i.exec(response)?.[1];
        return { is: "accepted", providerId: queued ?? messageId };
      } catch (error) {
        const isBegun = read.some((stream) => stream.readableDidRead);
        return outcomeOfTrouble(error as SmtpTrouble, isBegun);
      }
    },
    close() {
      transport.close({ force: true });
      return Promise.resolve();
    },
  };
}
