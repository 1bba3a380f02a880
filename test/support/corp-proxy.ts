/**
 * A proxy as it stands between a company and the world: CONNECT, absolute form and SOCKS5, with or without a password,
 * all on one port of loopback. It leads every name to places that the test says, and keeps what it was asked for.
 */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { Authority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';

export interface CorpProxyOptions {
  /** Where a `host:port` leads; null refuses it. */
  readonly leads: (place: string) => number | null;
  /** `user:password`; null lets everybody in. */
  readonly credential?: string | null;
  /** Any free one unless said. */
  readonly port?: number;
  /** Speaks TLS with its clients under this name. */
  readonly tls?: { readonly authority: Authority; readonly name: string };
}

export interface CorpProxy {
  readonly port: number;
  /** `CONNECT host:port`, `GET http://…`, `SOCKS host:port`, in order. */
  readonly asked: string[];
  /** Sockets of clients that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

export async function startCorpProxy(options: CorpProxyOptions): Promise<CorpProxy> {
  const asked: string[] = [];
  const sockets = new Set<net.Socket>();
  const credential = options.credential ?? null;
  const isKnown = (header: string | undefined): boolean =>
    credential === null || header === `Basic ${Buffer.from(credential).toString('base64')}`;
  const join = (client: net.Socket, port: number, head: Buffer): void => {
    const upstream = net.connect({ port, host: '127.0.0.1' });
    keep(upstream);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    if (head.length > 0) upstream.write(head);
    client.pipe(upstream).pipe(client);
  };
  const web = http.createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isKnown(request.headers['proxy-authorization'])) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="corp"', 'content-length': '0' }).end();
      return;
    }
    const url = new URL(request.url ?? '');
    const port = options.leads(`${url.hostname}:${url.port || 80}`);
    if (port === null) {
      response.writeHead(403, { 'content-length': '0' }).end();
      return;
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(
      { port, host: '127.0.0.1', method: request.method, path: url.pathname, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  web.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    if (!isKnown(request.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="corp"\r\n\r\n');
      return;
    }
    const port = options.leads(request.url ?? '');
    if (port === null) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\nVia: 1.1 corp\r\n\r\n');
    if (socket instanceof net.Socket) join(socket, port, head);
  });
  const socks = (socket: net.Socket, first: Buffer): void => {
    const messages = readMessages(socket, first);
    void (async () => {
      const [, count = 0] = await messages(2);
      const methods = [...(await messages(count))];
      const method = credential === null ? 0 : 2;
      if (!methods.includes(method)) return void socket.end(Buffer.from([5, 0xff]));
      socket.write(Buffer.from([5, method]));
      if (credential !== null) {
        const [, userLength = 0] = await messages(2);
        const user = (await messages(userLength)).toString();
        const [passwordLength = 0] = await messages(1);
        const password = (await messages(passwordLength)).toString();
        const isRight = `${user}:${password}` === credential;
        socket.write(Buffer.from([1, isRight ? 0 : 1]));
        if (!isRight) return void socket.end();
      }
      const [, , , type] = await messages(4);
      const length = type === 1 ? 4 : type === 4 ? 16 : ((await messages(1))[0] ?? 0);
      const address = await messages(length);
      const host = type === 3 ? address.toString() : type === 1 ? address.join('.') : `[${address.toString('hex')}]`;
      const place = `${host}:${(await messages(2)).readUInt16BE(0)}`;
      asked.push(`SOCKS ${place}`);
      const port = options.leads(place);
      if (port === null) return void socket.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      join(socket, port, messages.rest());
    })().catch(() => socket.destroy());
  };
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const accept = (socket: net.Socket): void => {
    keep(socket);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      if (first[0] === 5) return socks(socket, first);
      socket.unshift(first);
      web.emit('connection', socket);
      socket.resume();
    });
  };
  const secure = options.tls;
  const server =
    secure === undefined
      ? net.createServer(accept)
      : tls.createServer(
          { SNICallback: (_name, done) => done(null, createLeaves(secure.authority).contextFor(secure.name)) },
          accept,
        );
  server.on('tlsClientError', () => {
    // A client that does not trust the certificate is part of what is tested.
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    asked,
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Reads so many bytes at a time. */
function readMessages(socket: net.Socket, first: Buffer): ((count: number) => Promise<Buffer>) & { rest(): Buffer } {
  let held = first;
  const onData = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    socket.emit('more');
  };
  socket.on('data', onData).resume();
  const take = async (count: number): Promise<Buffer> => {
    while (held.length < count) await once(socket, 'more');
    const message = held.subarray(0, count);
    held = held.subarray(count);
    return message;
  };
  const rest = (): Buffer => {
    socket.off('data', onData);
    return held;
  };
  return Object.assign(take, { rest });
}

export function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A port of loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
