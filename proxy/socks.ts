/**
 * SOCKS5 (RFC 1928) on the proxy's one port: a client asks for a tunnel, by name or by address, and what it sends through
 * it is treated like what comes through CONNECT. User name and password (RFC 1929) are app and token. Only CONNECT is
 * served: BIND and UDP ASSOCIATE would carry what nobody looks at.
 */
import type { Socket } from 'node:net';
import { type AdmissionContext, admit, recordDenied } from './admission.ts';
import type { HandOver } from './listener.ts';
import { acceptTunnel, type TunnelContext, type TunnelRefusal, type TunnelReplies } from './tunnel.ts';

const VERSION = 5;
const AUTHENTICATION = 1;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
const [IPV4, NAME, IPV6] = [1, 3, 4];

/** Replies of RFC 1928 §6. */
const SUCCEEDED = 0;
const FAILED = 1;
const NOT_ALLOWED = 2;
const HOST_UNREACHABLE = 4;
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_NOT_SUPPORTED = 8;

export interface SocksContext extends AdmissionContext, TunnelContext {}

export interface SocksConnection {
  readonly socket: Socket;
  /** What has come so far. */
  readonly bytes: Buffer;
  readonly handOver: HandOver;
}

/** No request of HTTP and no handshake of TLS begins so. */
export function isSocks(bytes: Buffer): boolean {
  return bytes[0] === VERSION;
}

/** A message as far as it is there: its fields and its length; `null` while it is not whole, `false` where it is none. */
type Read<T> = (T & { readonly length: number }) | null | false;

/** VER, NMETHODS, METHODS. */
export function readGreeting(bytes: Buffer): Read<{ readonly methods: readonly number[] }> {
  if (bytes.length > 0 && bytes[0] !== VERSION) return false;
  const count = bytes[1];
  if (count === undefined) return null;
  if (count === 0) return false;
  return bytes.length < 2 + count ? null : { methods: [...bytes.subarray(2, 2 + count)], length: 2 + count };
}

/** VER, ULEN, UNAME, PLEN, PASSWD; the two joined by a colon. */
export function readCredential(bytes: Buffer): Read<{ readonly credential: string }> {
  if (bytes.length > 0 && bytes[0] !== AUTHENTICATION) return false;
  const nameTo = 2 + (bytes[1] ?? 0);
  const to = nameTo + 1 + (bytes[nameTo] ?? 0);
  if (bytes.length <= nameTo || bytes.length < to) return null;
  const credential = `${bytes.toString('utf8', 2, nameTo)}:${bytes.toString('utf8', nameTo + 1, to)}`;
  return { credential, length: to };
}

/** VER, CMD, RSV, ATYP, DST.ADDR, DST.PORT; the last two as `host:port`, empty for a type of address that there is not. */
export function readRequest(bytes: Buffer): Read<{ readonly command: number; readonly authority: string }> {
  if (bytes.length > 0 && bytes[0] !== VERSION) return false;
  const type = bytes[3];
  const command = bytes[1] ?? 0;
  if (type === undefined) return null;
  if (type !== IPV4 && type !== NAME && type !== IPV6) return { command, authority: '', length: bytes.length };
  const nameLength = bytes[4];
  if (nameLength === undefined) return null;
  const from = type === NAME ? 5 : 4;
  const to = from + (type === NAME ? nameLength : type === IPV4 ? 4 : 16);
  if (bytes.length < to + 2) return null;
  const address = bytes.subarray(from, to);
  const host =
    type === NAME ? address.toString('latin1') : type === IPV4 ? address.join('.') : `[${groupsOf(address)}]`;
  return { command, authority: `${host}:${bytes.readUInt16BE(to)}`, length: to + 2 };
}

function groupsOf(address: Buffer): string {
  return Array.from({ length: 8 }, (_, group) => address.readUInt16BE(2 * group).toString(16)).join(':');
}

/** Carries on with a connection whose first byte says SOCKS5. */
export function acceptSocks({ socket, bytes, handOver }: SocksConnection, context: SocksContext): void {
  new Handshake(socket, handOver, context).take(bytes);
}

class Handshake {
  readonly #socket: Socket;
  readonly #handOver: HandOver;
  readonly #context: SocksContext;
  readonly #timer: NodeJS.Timeout;
  #bytes: Buffer = Buffer.alloc(0);
  /** What is read next. */
  #step: () => boolean = () => this.#greet();
  #credential: string | null = null;

  constructor(socket: Socket, handOver: HandOver, context: SocksContext) {
    this.#socket = socket;
    this.#handOver = handOver;
    this.#context = context;
    this.#timer = setTimeout(this.#end, context.config.limits.clientHeadMs);
    socket.on('data', this.take).on('error', this.#end).on('end', this.#end).on('close', this.#end);
    socket.resume();
  }

  /** Each message is bounded by its own length fields, so that no more than 600 bytes are ever kept. */
  readonly take = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#step());
  };

  readonly #end = (): void => {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  };

  /** Takes a message off what has come; null where it is not whole or was none. */
  #read<T>(read: (bytes: Buffer) => Read<T>): (T & { readonly length: number }) | null {
    const message = read(this.#bytes);
    if (message === false) this.#deny('malformed', 400, 'malformed', 'the SOCKS5 handshake could not be read', null);
    if (message === null || message === false) return null;
    this.#bytes = this.#bytes.subarray(message.length);
    return message;
  }

  #greet(): boolean {
    const greeting = this.#read(readGreeting);
    if (greeting === null) return false;
    // Who can say which app it is shall do so.
    const method = [USER_AND_PASSWORD, NO_AUTHENTICATION].find((one) => greeting.methods.includes(one));
    if (method === undefined) {
      const reply = Buffer.from([VERSION, NONE_ACCEPTABLE]);
      this.#deny('refused', 407, 'app_unknown', 'the client offers no way to say who it is that is known here', reply);
      return false;
    }
    this.#socket.write(Buffer.from([VERSION, method]));
    this.#step = method === USER_AND_PASSWORD ? () => this.#identify() : () => this.#connect();
    return true;
  }

  #identify(): boolean {
    const message = this.#read(readCredential);
    if (message === null) return false;
    this.#credential = message.credential;
    const admitted = this.#admit();
    if (admitted === null) return false;
    this.#socket.write(Buffer.from([AUTHENTICATION, SUCCEEDED]));
    this.#step = () => this.#connect();
    return true;
  }

  /** The source; null where it may not go on, which has been said. */
  #admit(): ReturnType<typeof admit> | null {
    const asking = { status: 407, how: 'use socks5h://APP:TOKEN@… as the proxy', isForAll: false };
    const peer = this.#context.arrivals.peerOf(this.#socket);
    const admitted = admit(this.#credential, peer, asking, this.#context, this.#socket);
    if (!('status' in admitted)) return admitted;
    const reply = this.#credential === null ? replyOf(NOT_ALLOWED) : Buffer.from([AUTHENTICATION, FAILED]);
    this.#deny('refused', admitted.status, admitted.code, admitted.message, reply);
    return null;
  }

  #connect(): boolean {
    const message = this.#read(readRequest);
    if (message === null) return false;
    if (message.command !== CONNECT) {
      const text = 'of SOCKS5 only CONNECT is served';
      this.#deny('refused', 405, 'method_unknown', text, replyOf(COMMAND_NOT_SUPPORTED));
      return false;
    }
    if (message.authority === '') {
      this.#deny('malformed', 400, 'malformed', 'a type of address that is unknown', replyOf(ADDRESS_NOT_SUPPORTED));
      return false;
    }
    const source = this.#admit();
    if (source === null || 'status' in source) return false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.off('data', this.take).off('error', this.#end).off('end', this.#end).off('close', this.#end).pause();
    const { authority } = message;
    acceptTunnel(
      {
        authority,
        socket,
        head: this.#bytes,
        source,
        userAgent: null,
        replies: SOCKS_REPLIES,
        handOver: this.#handOver,
      },
      this.#context,
    );
    return false;
  }

  #deny(outcome: 'refused' | 'malformed', status: number, code: string, message: string, reply: Buffer | null): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.off('data', this.take).off('end', this.#end);
    recordDenied({ status, code, message }, this.#context.arrivals.peerOf(socket), outcome, this.#context, 'socks5');
    if (reply === null) socket.destroy();
    else socket.end(reply, () => socket.destroySoon());
  }
}

/** VER, REP, RSV, and no address: which of its own a proxy uses is nobody's business. */
function replyOf(reply: number): Buffer {
  return Buffer.from([VERSION, reply, 0, IPV4, 0, 0, 0, 0, 0, 0]);
}

const SOCKS_REPLIES: TunnelReplies = {
  opened: (socket) => void socket.write(replyOf(SUCCEEDED)),
  refused: (socket, refusal) => void socket.end(replyOf(replyTo(refusal)), () => socket.destroySoon()),
};

function replyTo({ status, code }: TunnelRefusal): number {
  if (status === 403) return NOT_ALLOWED;
  return code.startsWith('upstream_') ? HOST_UNREACHABLE : FAILED;
}
