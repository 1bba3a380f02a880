/**
 * What a client speaks, told by the first bytes that it sends: TLS and for which name, HTTP, or something else. What
 * begins like one of the two and does not go on as it is `broken`, never something else, so that nobody gets past
 * inspection by being slow, or by a hello that is read differently here than there. It takes nothing off the connection.
 */
import type { Socket } from 'node:net';
import { peekClientHello } from '../wire/client-hello.ts';

export type First =
  | { readonly kind: 'tls'; readonly serverName: string | null }
  | { readonly kind: 'http' }
  /** Neither. */
  | { readonly kind: 'other' }
  /** The beginning of TLS or HTTP, and not more in time; or a hello that breaks its rules or is too large. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'closed' };

export interface Patience {
  /** Until the first byte. */
  readonly silenceMs: number;
  /** From then until it is known what they begin. */
  readonly helloMs: number;
}

/** Gathers what the client sends first until it is known what it speaks, and leaves the connection paused. */
export function firstBytes(
  socket: Socket,
  head: Buffer,
  patience: Patience,
  done: (first: First, bytes: Buffer) => void,
  look: (bytes: Buffer) => First | null = classify,
): void {
  let bytes = head;
  const settle = (first: First): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', onClose).off('close', onClose);
    socket.pause();
    done(first, bytes);
  };
  const onData = (chunk: Buffer): void => {
    if (bytes.length === 0) {
      clearTimeout(timer);
      timer = setTimeout(settle, patience.helloMs, { kind: 'broken' });
    }
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const first = look(bytes);
    if (first !== null) settle(first);
  };
  const onClose = (): void => settle({ kind: 'closed' });
  let timer =
    bytes.length === 0
      ? setTimeout(settle, patience.silenceMs, { kind: 'silent' })
      : setTimeout(settle, patience.helloMs, { kind: 'broken' });
  socket.on('data', onData).on('end', onClose).on('close', onClose).resume();
  if (bytes.length > 0) {
    const first = look(bytes);
    if (first !== null) settle(first);
  }
}

/** A handshake record of any version of TLS begins so. */
const [HANDSHAKE, MAJOR] = [0x16, 3];
/** A longer method is not waited for. */
const MAX_METHOD = 32;
/** More empty lines are not skipped. */
const MAX_EMPTY = 16_384;
/** A method, and the beginning of a target. */
const REQUEST = /^[!#$%&'*+\-.^_`|~0-9A-Z]{1,32} (?:[/*]|https?:\/\/)/i;
const TUNNEL = /^CONNECT [^\r\n]/i;
/** As much of it as is there. */
const REQUEST_SO_FAR = /^[!#$%&'*+\-.^_`|~0-9A-Z]{1,32}(?: (?:h(?:t(?:t(?:ps?:?\/?)?)?)?)?)?$/i;

/** What bytes begin; null while more of them are needed to tell. */
export function classify(bytes: Buffer): First | null {
  if (bytes.length === 0) return null;
  if (bytes[0] === HANDSHAKE && (bytes[1] ?? MAJOR) === MAJOR) {
    const peek = peekClientHello(bytes);
    if (peek.kind === 'hello') return { kind: 'tls', serverName: peek.serverName };
    return peek.kind === 'need-more' ? null : { kind: 'broken' };
  }
  // Servers skip empty lines before a request (RFC 9112 §2.2).
  const from = bytes.findIndex((byte) => byte !== 13 && byte !== 10);
  if (from === -1) return bytes.length < MAX_EMPTY ? null : { kind: 'broken' };
  const text = bytes.toString('latin1', from, from + 2 * MAX_METHOD);
  if (REQUEST.test(text) || TUNNEL.test(text)) return { kind: 'http' };
  return text.length < 2 * MAX_METHOD && REQUEST_SO_FAR.test(text) ? null : { kind: 'other' };
}

/** The same for whom HTTP is none of his business: a hello, or something else. */
export function classifyHello(bytes: Buffer): First | null {
  const isHello = bytes[0] === HANDSHAKE && (bytes[1] ?? MAJOR) === MAJOR;
  return isHello || bytes.length === 0 ? classify(bytes) : { kind: 'other' };
}
