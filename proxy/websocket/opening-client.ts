/**
 * The client's side of a WebSocket's opening: over a connection of HTTP/1.1 that switches protocols (RFC 6455 §4.2), or over
 * a stream of HTTP/2 (RFC 8441 §5), where there is nothing to switch and no key. It decides nothing.
 */
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { lowerName } from '../../flow/message.ts';
import type { ClientResponse } from '../client-message.ts';
import { type Asked, acceptOf, type NotAsked, readAsked, readStreamAsked } from './handshake.ts';

export interface OpeningClient {
  /** What carries the frames once the WebSocket is open. */
  readonly wire: Duplex;
  /** WebSockets of upstreams may be streams of HTTP/2 as well. */
  readonly isHttp2: boolean;
  /** What it asks for, read off the head; else why it gets none. */
  readonly asked: Asked | NotAsked;
  /** Says that the WebSocket is open. `extensions`: what was agreed on; null for the upstream's own word on it. */
  accept(headers: readonly string[], extensions: string | null): void;
  /** An upstream's own acceptance, of a WebSocket that passes unread, with the first bytes of its frames. */
  acceptAs(statusText: string, headers: readonly string[], bytes: Buffer): void;
  /** Any other answer, with its length among the headers; nothing comes after it. */
  answer(status: number, statusText: string, headers: readonly string[], body: Buffer): void;
  /** Ends it without a word. */
  destroy(): void;
}

export class ConnectionClient implements OpeningClient {
  readonly wire: Socket;
  readonly isHttp2 = false;
  readonly asked: Asked | NotAsked;

  constructor(
    wire: Socket,
    given: { readonly method: string; readonly version: string; readonly headers: readonly string[] },
  ) {
    this.wire = wire;
    this.asked = readAsked(given.method, given.version, given.headers);
  }

  accept(headers: readonly string[], extensions: string | null): void {
    const accepted = 'key' in this.asked ? ['Sec-WebSocket-Accept', acceptOf(this.asked.key)] : [];
    const agreed = extensions === null ? [] : ['Sec-WebSocket-Extensions', extensions];
    this.wire.write(headText('HTTP/1.1 101 Switching Protocols', [...SWITCH, ...accepted, ...agreed, ...headers]));
  }

  acceptAs(statusText: string, headers: readonly string[], bytes: Buffer): void {
    const head = headText(`HTTP/1.1 101 ${statusText}`, [...SWITCH, ...headers]);
    this.wire.write(Buffer.concat([head, bytes]));
  }

  answer(status: number, statusText: string, headers: readonly string[], body: Buffer): void {
    const own =
      status === 426
        ? ['Upgrade', 'HTTP/1.1', 'Sec-WebSocket-Version', '13', 'Connection', 'upgrade, close']
        : ['Connection', 'close'];
    this.wire.end(Buffer.concat([headText(`HTTP/1.1 ${status} ${statusText}`, [...headers, ...own]), body]));
  }

  destroy(): void {
    this.wire.destroy();
  }
}

const SWITCH = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
/** Of an acceptance in HTTP/1.1 what a stream has no use for (RFC 8441 §5, RFC 9113 §8.2.2). */
const OF_CONNECTIONS = new Set(['connection', 'upgrade', 'sec-websocket-accept', 'keep-alive', 'transfer-encoding']);

export class StreamClient implements OpeningClient {
  readonly wire: ServerHttp2Stream;
  readonly isHttp2 = true;
  readonly asked: Asked | NotAsked;
  /** For an answer that is no acceptance. */
  readonly #response: ClientResponse;

  constructor(wire: ServerHttp2Stream, response: ClientResponse, headers: readonly string[]) {
    this.wire = wire;
    this.#response = response;
    this.asked = readStreamAsked(headers);
  }

  accept(headers: readonly string[], extensions: string | null): void {
    const agreed = extensions === null ? [] : ['sec-websocket-extensions', extensions];
    this.#respond([...agreed, ...headers]);
  }

  acceptAs(_statusText: string, headers: readonly string[], bytes: Buffer): void {
    this.#respond(headers);
    if (bytes.length > 0 && !this.wire.destroyed) this.wire.write(bytes);
  }

  answer(status: number, statusText: string, headers: readonly string[], body: Buffer): void {
    if (this.wire.destroyed) return;
    try {
      this.#response.sendDate = false;
      this.#response.writeHead(status, statusText, [...headers]);
      this.#response.end(body);
      this.wire.resume();
    } catch {
      // An upstream's answer that HTTP/2 does not have.
      this.wire.destroy();
    }
  }

  destroy(): void {
    this.wire.destroy();
  }

  #respond(headers: readonly string[]): void {
    if (this.wire.destroyed) return;
    const head = [':status', '200'];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = lowerName(headers[i] as string);
      if (!OF_CONNECTIONS.has(name)) head.push(name, headers[i + 1] as string);
    }
    const options = { sendDate: false, endStream: false };
    try {
      this.wire.respond(head, options);
    } catch {
      this.wire.destroy();
    }
  }
}

/** A first line and headers as HTTP/1.1 has them. */
export function headText(first: string, headers: readonly string[]): Buffer {
  let text = `${first}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
