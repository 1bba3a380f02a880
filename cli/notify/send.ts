/**
 * Sends a message, over sockets of the proxy's dialer: it judges the address after the name was resolved, so that a name
 * that leads to a private address leads nowhere unless the configuration says that it may.
 */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Config, NotifyConfig } from '../../config/config.ts';
import type { SyslogPlace } from '../../config/values.ts';
import { judgeAddress } from '../../proxy/addresses.ts';
import { createDialer, type Dialer } from '../../proxy/dialer.ts';

/** What came of it. `gone`: it will not be taken later either. */
export type Sent = { readonly kind: 'sent' } | { readonly kind: 'failed' | 'gone'; readonly reason: string };

const LIMIT_MS = 15_000;

export function noticeDialer(config: Config, target: NotifyConfig): Dialer {
  const place = target.webhook ?? target.slack;
  const pairs: string[] = [];
  if (place !== null) {
    const { hostname, port, protocol } = new URL(place);
    pairs.push(`${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`);
  } else if (target.syslog !== null) pairs.push(`${target.syslog.host}:${target.syslog.port}`);
  const { resolve, upstream, listen } = config.proxy;
  return createDialer({
    resolve,
    ca: upstream.ca,
    isListenerLocal: false,
    allowed: new Set(target.private ? pairs : []),
    own: () => [listen],
    connectMs: LIMIT_MS,
    tlsMs: LIMIT_MS,
    proxy: upstream.proxy,
    direct: new Set(target.private ? pairs : []),
    certificates: [],
  });
}

/** Posts JSON. Redirects are not followed: who is told stands in the configuration. Never rejects. */
export async function post(
  dialer: Dialer,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Sent> {
  const { hostname, port, protocol, host, pathname, search } = new URL(url);
  const isTls = protocol === 'https:';
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (isTls ? 443 : 80) : Number(port) };
  try {
    const socket = await dialer.dial(target, isTls);
    const status = await new Promise<number>((resolve, reject) => {
      const asking = request(
        {
          createConnection: () => socket,
          method: 'POST',
          path: `${pathname}${search}`,
          headers: {
            ...headers,
            host,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'weir',
            connection: 'close',
          },
          signal: AbortSignal.timeout(LIMIT_MS),
        },
        (answer) => {
          // What it says is not needed, and may be long.
          answer.resume();
          resolve(answer.statusCode ?? 0);
          socket.destroySoon();
        },
      );
      asking.on('error', reject);
      asking.end(body);
    });
    if (status >= 200 && status < 300) return { kind: 'sent' };
    return { kind: status === 410 ? 'gone' : 'failed', reason: `answered ${status}` };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

/** RFC 5426 by UDP; else octet counting (RFC 6587 §3.4.1, RFC 5425). Never rejects. */
export async function sendSyslog(
  dialer: Dialer,
  place: SyslogPlace,
  isPrivate: boolean,
  lines: readonly string[],
): Promise<Sent> {
  try {
    if (place.transport === 'udp') await sendDatagrams(place, isPrivate, lines);
    else {
      const socket = await dialer.dial(place, place.transport === 'tls');
      socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('timed out')));
      const closed = once(socket, 'close');
      socket.end(lines.map((line) => `${Buffer.byteLength(line)} ${line}`).join(''));
      socket.resume();
      await closed;
    }
    return { kind: 'sent' };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

async function sendDatagrams({ host, port }: SyslogPlace, isPrivate: boolean, lines: readonly string[]): Promise<void> {
  const { address, family } = await lookup(host);
  if (!isPrivate && judgeAddress(address, false) === 'forbidden')
    throw new Error('its address is private; `private: true` allows it');
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    for (const line of lines) {
      await new Promise<void>((resolve, reject) => {
        socket.send(line, port, address, (error) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    socket.close();
  }
}

/** Words of ours or of the system; a URL's path may be a secret, and is in neither. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if ('code' in error && typeof error.code === 'string' && error.code !== 'ERR_INVALID_ARG_VALUE') return error.code;
  return error.message.slice(0, 200);
}
