/**
 * Which version of HTTP an upstream is spoken to in, and the sessions of those that speak HTTP/2. A session is shared by
 * all requests to an origin; who comes while one is being opened waits for it. Sockets come from the dialer alone.
 */
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WeirError } from '../../flow/errors.ts';
import { originText, type Target } from '../authority.ts';
import { type Dialer, speakHttp2 } from '../dialer.ts';
import type { Carrier, ConnectionLimits } from '../upstream-connection.ts';
import type { ConnectRoom } from './connect-room.ts';
import { UpstreamSession } from './upstream-session.ts';

/** What an upstream was found to speak is believed so long. */
const BELIEVED_MS = 600_000;
const MAX_BELIEVED = 10_000;
/** Without TLS nobody says what is spoken: a peer that does not answer the preface so soon speaks HTTP/1.1. */
const PREFACE_MS = 5000;
/** What an upstream may send of one answer before it is read: the most that a stream holds for a slow client. */
const WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 8 * 1024 * 1024;
const MAX_FIELDS = 1000;

/** A connection on which HTTP/1.1 was chosen: whoever asked first has it. */
interface Plain {
  readonly socket: Socket;
}

export class UpstreamSessions {
  readonly #dialer: Dialer;
  readonly #limits: ConnectionLimits;
  readonly #sessions = new Map<string, UpstreamSession[]>();
  readonly #opening = new Map<string, Promise<UpstreamSession | Plain>>();
  /** Origins that speak HTTP/1.1 only, and those that speak HTTP/2 only, until when that is believed. */
  readonly #speakOld = new Map<string, number>();
  readonly #speakNew = new Map<string, number>();
  #isClosed = false;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    this.#dialer = dialer;
    this.#limits = limits;
  }

  /** True where a request to the origin goes, or may go, by a session. */
  isFor(key: string, offersHttp2: boolean): boolean {
    if (offersHttp2) return !isBelieved(this.#speakOld, key);
    return this.#speakNew.size > 0 && isBelieved(this.#speakNew, key);
  }

  /** From now on the origin is spoken to in HTTP/1.1. */
  keepToOld(key: string): void {
    this.#speakNew.delete(key);
    believe(this.#speakOld, key);
  }

  /** From now on the origin is spoken to in HTTP/2, whoever asks. */
  keepToNew(key: string): void {
    this.#speakOld.delete(key);
    believe(this.#speakNew, key);
  }

  /** Room on a session that is open; null where there is none. */
  kept(key: string): Carrier | null {
    return this.#roomOn(key)?.carrier() ?? null;
  }

  /** Room on a session, or a socket on which the upstream chose HTTP/1.1. Throws what the dialer throws. */
  open(key: string, origin: Target): Promise<Carrier | Socket> {
    return this.#open(key, origin, (session) => session.carrier());
  }

  /** The same for a WebSocket. */
  openConnect(key: string, origin: Target): Promise<ConnectRoom | Socket> {
    return this.#open(key, origin, (session) => session.connectRoom());
  }

  /** `take`: room on a session, before anybody else can take it. */
  async #open<Room>(key: string, origin: Target, take: (session: UpstreamSession) => Room): Promise<Room | Socket> {
    for (;;) {
      const kept = this.#roomOn(key);
      if (kept !== null) return take(kept);
      const opening = this.#opening.get(key);
      if (opening === undefined) return this.#first(key, origin, take);
      const opened = await opening;
      // The socket is the first one's.
      if (!(opened instanceof UpstreamSession)) return this.#dialer.dial(origin, origin.scheme === 'https');
      // Somebody else may have been quicker to the last room on it.
    }
  }

  #roomOn(key: string): UpstreamSession | null {
    return this.#sessions.get(key)?.find(({ hasRoom }) => hasRoom) ?? null;
  }

  sweep(now: number): void {
    for (const sessions of this.#sessions.values()) {
      for (const session of [...sessions]) if (session.isExpired(now)) session.leave();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const sessions of [...this.#sessions.values()]) for (const session of [...sessions]) session.destroy();
  }

  async #first<Room>(key: string, origin: Target, take: (session: UpstreamSession) => Room): Promise<Room | Socket> {
    const opening = origin.scheme === 'https' ? this.#negotiate(key, origin) : this.#tryPreface(key, origin);
    this.#opening.set(key, opening);
    try {
      const opened = await opening;
      return opened instanceof UpstreamSession ? take(opened) : opened.socket;
    } finally {
      this.#opening.delete(key);
    }
  }

  /** RFC 9113 §3.2: ALPN says what is spoken. */
  async #negotiate(key: string, origin: Target): Promise<UpstreamSession | Plain> {
    const socket = await this.#dialer.dial(origin, true, ['h2', 'http/1.1']);
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') {
      return this.#keep(key, origin, this.#speak(socket, origin), socket);
    }
    this.keepToOld(key);
    return { socket };
  }

  /** RFC 9113 §3.3: the client's own HTTP/2 without TLS came by prior knowledge, which is tried first. */
  async #tryPreface(key: string, origin: Target): Promise<UpstreamSession | Plain> {
    const socket = await this.#dialer.dial(origin, false);
    const session = this.#speak(socket, origin);
    const isSpoken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), PREFACE_MS);
      const settle = (is: boolean) => (): void => {
        clearTimeout(timer);
        resolve(is);
      };
      session.once('remoteSettings', settle(true)).once('error', settle(false)).once('close', settle(false));
    });
    if (isSpoken) return this.#keep(key, origin, session, socket).settled();
    session.destroy();
    socket.destroy();
    this.keepToOld(key);
    return { socket: await this.#dialer.dial(origin, false) };
  }

  #speak(socket: Socket, origin: Target): ClientHttp2Session {
    if (socket.destroyed) {
      throw new WeirError('upstream_reset', `${originText(origin)} ended the connection before it was used`);
    }
    const options = {
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES, maxHeaderListSize: this.#limits.headerBytes },
      maxHeaderListPairs: MAX_FIELDS,
      // What upstreams repeat is for the client to judge.
      strictSingleValueFields: false,
    };
    const session = speakHttp2(socket, originText(origin), options);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    return session;
  }

  #keep(key: string, origin: Target, session: ClientHttp2Session, socket: Socket): UpstreamSession {
    const kept = new UpstreamSession(session, socket, origin.scheme, this.#limits, (gone) => this.#forget(key, gone));
    const sessions = this.#sessions.get(key);
    if (sessions === undefined) this.#sessions.set(key, [kept]);
    else sessions.push(kept);
    // The proxy may have been told to stop while it dialled.
    if (this.#isClosed) kept.destroy();
    return kept;
  }

  #forget(key: string, session: UpstreamSession): void {
    const sessions = this.#sessions.get(key);
    const at = sessions?.indexOf(session) ?? -1;
    if (at !== -1) sessions?.splice(at, 1);
    if (sessions?.length === 0) this.#sessions.delete(key);
  }
}

/** The upstream ended the handshake because it speaks nothing that was offered (RFC 7301 §3.2). */
export function speaksOther(error: unknown): boolean {
  if (!(error instanceof WeirError)) return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && String(cause.code).endsWith('NO_APPLICATION_PROTOCOL');
}

/** What upstreams say of themselves is chosen by clients, who choose the origins: so it is bounded. */
function believe(list: Map<string, number>, key: string): void {
  list.delete(key);
  list.set(key, performance.now() + BELIEVED_MS);
  const oldest = list.size > MAX_BELIEVED ? list.keys().next().value : undefined;
  if (oldest !== undefined) list.delete(oldest);
}

function isBelieved(list: Map<string, number>, key: string): boolean {
  const until = list.get(key);
  if (until === undefined) return false;
  if (performance.now() < until) return true;
  list.delete(key);
  return false;
}
