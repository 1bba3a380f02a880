/**
 * Events as syslog messages (RFC 5424) on one connection, with their lengths before them (RFC 5425 §4.3, RFC 6587 §3.4.1),
 * over TLS unless said otherwise. Syslog has no answer: what the system has taken counts as handed over, and where the
 * connection breaks the batch is sent again.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Severity } from '../../flow/decision.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { codeOf, type EventLine, type Sink, SinkFailure } from './sink.ts';

export interface SyslogSinkOptions {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly ca: readonly string[];
  readonly line: EventLine;
}

const LIMIT_MS = 10_000;
/** `local0` (RFC 5424 §6.2.1). */
const FACILITY = 16;
/** By the severity of the rule that decided. */
const LEVEL: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 };

export class SyslogSink implements Sink {
  readonly #options: SyslogSinkOptions;
  #socket: Promise<Socket> | null = null;

  constructor(options: SyslogSinkOptions) {
    this.#options = options;
  }

  async send(events: readonly WeirEvent[]): Promise<void> {
    this.#socket ??= this.#connect();
    try {
      const socket = await this.#socket;
      const frames = events.map((event) => framed(syslogMessage(event, this.#options.line)));
      await written(socket, Buffer.concat(frames));
    } catch (error) {
      const broken = this.#socket;
      this.#socket = null;
      void broken.then(
        (socket) => socket.destroy(),
        () => {},
      );
      const { host, port } = this.#options;
      throw new SinkFailure(`${host}:${port} does not take it (${codeOf(error)})`);
    }
  }

  async close(): Promise<void> {
    const open = this.#socket;
    this.#socket = null;
    await open?.then(
      (socket) => socket.end(),
      () => {},
    );
  }

  #connect(): Promise<Socket> {
    const { host, port, isTls, ca } = this.#options;
    const roots = ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] };
    const socket = isTls ? connectTls({ host, port, servername: host, ...roots }) : connectTcp({ host, port });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('timeout')), LIMIT_MS);
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        resolve(socket);
      });
      // Nothing comes back; to notice the other end going away it has to be read.
      socket.on('data', () => {});
      socket.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.on('close', () => {
        clearTimeout(timer);
        reject(new Error('closed'));
        this.#socket = null;
      });
    });
  }
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed || !socket.writable) return reject(new Error('closed'));
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), LIMIT_MS);
    const closed = (): void => reject(new Error('closed'));
    socket.once('close', closed);
    socket.write(bytes, (error) => {
      clearTimeout(timer);
      socket.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** `<PRI>1 TIME HOST weir PID KIND - MSG`, MSG in UTF-8 without a mark of its byte order, which JSON does not take. */
export function syslogMessage(event: WeirEvent, line: EventLine): string {
  const priority = FACILITY * 8 + LEVEL[event.severity ?? 'info'];
  const host = printable(event.source.host ?? hostname(), 255);
  return `<${priority}>1 ${event.time} ${host} weir ${process.pid} ${printable(event.kind, 32)} - ${line(event)}`;
}

/** PRINTUSASCII of RFC 5424 §6; `-` where nothing is left. */
function printable(text: string, most: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}

function framed(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}
