/**
 * The way through the proxy that stands between this one and the world (`proxy.upstream.proxy`): CONNECT (RFC 9110
 * §9.3.6) or SOCKS5 (RFC 1928, RFC 1929) over a socket that the dialer has opened to it, and the absolute form in which
 * plain HTTP is asked of it. Names go to it as they are: it resolves them. It opens nothing itself.
 */
import type { Socket } from 'node:net';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import type { UpstreamProxyConfig } from '../config/config.ts';
import { WeirError } from '../flow/errors.ts';
import { isLoopbackName } from './addresses.ts';
import { authorityText } from './authority.ts';
import type { Call, Forwarder, ForwardRequest, ResponseSink } from './forward.ts';

/** More than this before the end of an answer to CONNECT is none. */
const MAX_ANSWER = 16_384;
const SOCKS_VERSION = 5;
const AUTHENTICATION = 1;
const [NO_AUTHENTICATION, USER_AND_PASSWORD] = [0, 2];
const SOCKS_CONNECT = 1;
const [IPV4, NAME, IPV6] = [1, 3, 4];

/**
 * Asks the proxy at the other end of `socket` for a tunnel to `target`; resolves once bytes go there. Throws WeirError
 * `upstream_proxy_refused`, or `upstream_timeout` after `limitMs`; the socket is destroyed then.
 */
export async function tunnelThrough(
  socket: Socket,
  proxy: UpstreamProxyConfig,
  target: HostPort,
  limitMs: number,
): Promise<void> {
  const reader = new Reader(socket, proxy, limitMs);
  try {
    if (proxy.scheme === 'socks5') await askSocks(reader, socket, proxy, target);
    else await askConnect(reader, socket, proxy, target);
    reader.release();
  } catch (error) {
    reader.release();
    socket.destroy();
    throw error;
  }
}

/** `corp-proxy:3128 (proxy.upstream.proxy)`. */
function nameOf(proxy: HostPort): string {
  return `the proxy ${hostPortText(proxy)} (proxy.upstream.proxy)`;
}

function refused(proxy: HostPort, what: string): WeirError {
  return new WeirError('upstream_proxy_refused', `${nameOf(proxy)} ${what}`);
}

async function askConnect(reader: Reader, socket: Socket, proxy: UpstreamProxyConfig, target: HostPort): Promise<void> {
  const authority = hostPortText(target);
  const credential = proxyAuthorization(proxy);
  const line = credential === null ? '' : `Proxy-Authorization: ${credential}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${line}\r\n`, 'latin1');
  const head = await reader.take((bytes) => {
    const end = bytes.indexOf('\r\n\r\n');
    return end === -1 ? null : end + 4;
  });
  const status = Number(/^HTTP\/1\.[01] (\d{3})[ \r]/.exec(head.toString('latin1', 0, 16))?.[1] ?? 0);
  if (status >= 200 && status <= 299) return;
  throw refused(proxy, status === 0 ? 'does not speak HTTP' : whyNot(status, authority));
}

function whyNot(status: number, authority: string): string {
  if (status === 407) return 'does not accept the user and password given there, or wants some (407)';
  return `made no tunnel to ${authority} (${status})`;
}

async function askSocks(reader: Reader, socket: Socket, proxy: UpstreamProxyConfig, target: HostPort): Promise<void> {
  const { credential } = proxy;
  const method = credential === null ? NO_AUTHENTICATION : USER_AND_PASSWORD;
  socket.write(Buffer.from([SOCKS_VERSION, 1, method]));
  const [version, chosen] = await reader.take(lengthOf(2));
  if (version !== SOCKS_VERSION) throw refused(proxy, 'does not speak SOCKS5');
  if (chosen !== method) {
    const wanted = credential === null ? 'wants a user and password' : 'takes no user and password';
    throw refused(proxy, wanted);
  }
  if (credential !== null) {
    const user = Buffer.from(credential.user);
    const password = Buffer.from(credential.password);
    socket.write(Buffer.from([AUTHENTICATION, user.length, ...user, password.length, ...password]));
    const [, isRefused] = await reader.take(lengthOf(2));
    if (isRefused !== 0) throw refused(proxy, 'does not accept the user and password given there');
  }
  socket.write(Buffer.concat([Buffer.from([SOCKS_VERSION, SOCKS_CONNECT, 0]), socksAddress(target)]));
  const reply = await reader.take((bytes) => {
    const type = bytes[3];
    const first = bytes[4];
    if (type === undefined || first === undefined) return null;
    return type === IPV4 ? 10 : type === IPV6 ? 22 : 7 + first;
  });
  if (reply[0] !== SOCKS_VERSION || reply[1] !== 0) {
    throw refused(proxy, `made no tunnel to ${hostPortText(target)} (SOCKS5 reply ${reply[1]})`);
  }
}

/** ATYP, DST.ADDR, DST.PORT. */
function socksAddress({ host, port }: HostPort): Buffer {
  const ports = [port >> 8, port & 0xff];
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return Buffer.from([IPV4, ...host.split('.').map(Number), ...ports]);
  if (host.includes(':')) return Buffer.from([IPV6, ...bytesOf(host), ...ports]);
  return Buffer.concat([Buffer.from([NAME, host.length]), Buffer.from(host, 'latin1'), Buffer.from(ports)]);
}

/** Of a canonical IPv6 address. */
function bytesOf(address: string): number[] {
  const [left = '', right] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const gap = new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0);
  return [...head, ...gap, ...tail].flatMap((group) => [group >> 8, group & 0xff]);
}

function lengthOf(count: number): (bytes: Buffer) => number {
  return () => count;
}

/** Reads messages off a socket and leaves on it what comes behind them. */
class Reader {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #bytes: Buffer = Buffer.alloc(0);
  #failure: WeirError | null = null;
  #look: (() => void) | null = null;

  constructor(socket: Socket, proxy: UpstreamProxyConfig, limitMs: number) {
    this.#socket = socket;
    const text = `${nameOf(proxy)} did not answer within limits.connectMs (${limitMs} ms)`;
    this.#timer = setTimeout(() => this.#fail(new WeirError('upstream_timeout', text)), limitMs);
    this.#ended = () => this.#fail(refused(proxy, 'ended the connection before it answered'));
    socket.on('data', this.#received).on('error', this.#ended).on('end', this.#ended).on('close', this.#ended);
  }

  /** The first bytes, as many as `length` says; it says null while it does not know. */
  take(length: (bytes: Buffer) => number | null): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (this.#failure !== null) return reject(this.#failure);
        const wanted = length(this.#bytes);
        if (wanted === null || this.#bytes.length < wanted) {
          if (this.#bytes.length > MAX_ANSWER) this.#ended();
          return;
        }
        this.#look = null;
        const message = this.#bytes.subarray(0, wanted);
        this.#bytes = this.#bytes.subarray(wanted);
        resolve(message);
      };
      this.#look();
    });
  }

  /** Leaves the socket paused, with what was read too much put back. */
  release(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.off('data', this.#received).off('error', this.#ended).off('end', this.#ended).off('close', this.#ended);
    socket.pause();
    if (this.#bytes.length > 0) socket.unshift(this.#bytes);
  }

  readonly #received = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#look?.();
  };

  readonly #ended: () => void;

  #fail(error: WeirError): void {
    this.#failure ??= error;
    this.#look?.();
  }
}

/** The value of Proxy-Authorization (RFC 7617); null where the proxy asks for none. */
function proxyAuthorization({ credential }: UpstreamProxyConfig): string | null {
  if (credential === null) return null;
  return `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
}

/**
 * Sends plain HTTP to the proxy in absolute form (RFC 9112 §3.2.2), which is how proxies want it: many make tunnels to
 * 443 alone. `isDirect` says what goes there without it. SOCKS5 carries HTTP like everything else.
 */
export function throughProxy(
  forwarder: Forwarder,
  proxy: UpstreamProxyConfig | null,
  isDirect: (place: HostPort) => boolean,
): Forwarder {
  if (proxy === null || proxy.scheme === 'socks5') return forwarder;
  const { host, port } = proxy;
  const origin = { scheme: proxy.scheme, host, port };
  const credential = proxyAuthorization(proxy);
  return {
    close: () => forwarder.close(),
    webSocket: (to, offersHttp2) => forwarder.webSocket(to, offersHttp2),
    send: (request, sink) => {
      const { scheme } = request.origin;
      // What means whoever resolves it is refused where the dialer would be asked.
      if (scheme !== 'http' || isDirect(request.origin) || isLoopbackName(request.origin.host)) {
        return forwarder.send(request, sink);
      }
      const path = `http://${authorityText(request.origin)}${request.path}`;
      const headers = credential === null ? request.headers : [...request.headers, 'proxy-authorization', credential];
      return sendAsking(forwarder, { ...request, origin, path, headers, offersHttp2: false }, sink, proxy);
    },
  };
}

/** What the proxy asks of us is not for the client to answer. */
function sendAsking(
  forwarder: Forwarder,
  request: ForwardRequest,
  sink: ResponseSink,
  proxy: UpstreamProxyConfig,
): Call {
  let isOver = false;
  const call = forwarder.send(request, {
    information: (status, headers) => sink.information(status, headers),
    head: (status, text, headers) => {
      if (status !== 407) return sink.head(status, text, headers);
      isOver = true;
      // The forwarder is in the middle of handing over: it is told once it has returned.
      queueMicrotask(() => call.abort());
      sink.error(refused(proxy, whyNot(407, '')));
    },
    data: (chunk) => {
      if (!isOver) sink.data(chunk);
    },
    trailers: (trailers) => {
      if (!isOver) sink.trailers(trailers);
    },
    end: () => {
      if (!isOver) sink.end();
    },
    error: (error) => {
      if (!isOver) sink.error(error);
    },
  });
  return call;
}
