/** A connection of the load generator: raw TLS, straight to where it goes or through a proxy by CONNECT. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** Where to send: straight to the upstream, or through a proxy by CONNECT. */
export interface Target {
  readonly port: number;
  readonly isProxy: boolean;
  readonly ca: string;
}

export async function connect(target: Target, host: string): Promise<tls.TLSSocket> {
  const socket = net.connect({ port: target.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  if (target.isProxy) {
    socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    if (!String(answer).startsWith('HTTP/1.1 200'))
      throw new Error(`CONNECT was answered: ${String(answer).split('\r')[0]}`);
  }
  const secure = tls.connect({ socket, servername: host, ca: target.ca, ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect');
  return secure;
}
