/**
 * Room on an upstream's HTTP/2 connection for one WebSocket (RFC 8441): a stream that both sides go on writing to. Whether
 * the upstream takes such streams is told by its settings alone, which are waited for. It looks at no frame.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { connectHead } from './upstream-head.ts';

export interface ConnectAsked {
  /** Path and query. */
  readonly path: string;
  /** Flat list of names and values, `host` among them. */
  readonly headers: readonly string[];
}

export class ConnectRoom {
  readonly #session: ClientHttp2Session;
  readonly #scheme: string;
  readonly #settings: Promise<void>;
  readonly #onOver: () => void;
  #isOver = false;

  /** `settings` resolves when the upstream's first ones have come, or will not come any more. */
  constructor(session: ClientHttp2Session, scheme: string, settings: Promise<void>, onOver: () => void) {
    this.#session = session;
    this.#scheme = scheme;
    this.#settings = settings;
    this.#onOver = onOver;
  }

  /** True where the upstream has announced that it takes extended CONNECT (§3); it may not be asked otherwise. */
  async isAnnounced(limitMs: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([this.#settings, late]);
    clearTimeout(timer);
    const { closed, destroyed } = this.#session;
    return !closed && !destroyed && this.#session.remoteSettings.enableConnectProtocol === true;
  }

  /** Asks for the WebSocket; null for a head that HTTP/2 does not have, or where the connection is gone. */
  open({ path, headers }: ConnectAsked): ClientHttp2Stream | null {
    const head = connectHead(path, headers, this.#scheme);
    if (head === null || this.#session.closed || this.#session.destroyed) {
      this.letGo();
      return null;
    }
    try {
      const stream = this.#session.request(head, { endStream: false });
      stream.on('error', () => {
        // `close` follows.
      });
      stream.on('close', () => this.letGo());
      return stream;
    } catch {
      this.letGo();
      return null;
    }
  }

  /** It is not wanted, or over. */
  letGo(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
  }
}

/** Ends a stream that nobody wants any more. */
export function giveUp(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
  // What it still has to say is not waited for.
  stream.resume();
}
