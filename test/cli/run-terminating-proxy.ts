/**
 * A small stand-in for the proxy: takes CONNECT, terminates TLS with leaves of an authority of its own, answers as an
 * upstream would, and keeps who asked for what. For tests of what routes a program, not of what Weir then does.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';

export interface TerminatingProxy {
  readonly port: number;
  readonly folder: string;
  readonly caPath: string;
  /** `CONNECT api.example:443 label:token`, or `GET http://…` for absolute-form; in order. */
  readonly asked: string[];
  /** `POST api.example /path BODY` as it arrived inside. */
  readonly received: string[];
  /** Answers CONNECT with this status from now on. */
  answer: number;
  close(): Promise<void>;
}

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello from upstream' } }],
};

export async function startTerminatingProxy(): Promise<TerminatingProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-route-'));
  const authority = loadOrCreateAuthority(join(folder, 'home', 'ca'));
  const leaves = createLeaves(authority);
  const asked: string[] = [];
  const received: string[] = [];

  const upstream = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      received.push(`${request.method} ${request.headers.host} ${request.url} ${body}`);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(COMPLETION));
    });
  });
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${credential(request)}`.trim());
    response.end('absolute');
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${credential(request)}`.trim());
    socket.on('error', () => {}); // programs end without ceremony
    socket.write(`HTTP/1.1 ${proxy.answer} Told\r\n\r\n`);
    if (proxy.answer !== 200) {
      socket.end();
      return;
    }
    const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(request.url ?? '') ?? [];
    if (port === '80') {
      upstream.emit('connection', socket);
      return;
    }
    const tls = new TLSSocket(socket, { isServer: true, secureContext: leaves.contextFor(host) });
    tls.on('error', () => socket.destroy());
    upstream.emit('connection', tls);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const proxy: TerminatingProxy = {
    port: (server.address() as AddressInfo).port,
    folder,
    caPath: authority.certPath,
    asked,
    received,
    answer: 200,
    async close() {
      server.close();
      server.closeAllConnections();
      upstream.closeAllConnections();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return proxy;
}

function credential(request: IncomingMessage): string {
  const header = request.headers['proxy-authorization'] ?? '';
  return Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
}
