/**
 * Finds out what listens where the configuration says the proxy does: a Weir of this home, one of another home, some
 * other program, or nothing. It sends one request for a public page and believes no other answer.
 */
import { get } from 'node:http';
import { connect } from 'node:net';
import type { HostPort } from '../catalog/host.ts';
import type { Authority } from '../proxy/tls/authority.ts';
import { proxyUrl } from './routing.ts';

/** `stranger`: something answers that is not a Weir, or that does not answer in time. */
export type Found = 'this-home' | 'other-home' | 'stranger' | 'nothing';

const MAX_ANSWER_BYTES = 4096;

/** `authority`: the home's, which may be in a rotation. Resolves within `withinMs` and never rejects. */
export function findProxy(listen: HostPort, authority: Pick<Authority, 'trusted'>, withinMs = 1000): Promise<Found> {
  if (listen.port === 0) return Promise.resolve('nothing');
  const url = new URL('/.well-known/weir', proxyUrl(listen, null, null));
  return new Promise((resolve) => {
    // A connection of its own: this process may run with the very variables that lead through the proxy.
    const createConnection = () => connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: listen.port });
    const request = get(url, { createConnection, signal: AbortSignal.timeout(withinMs) });
    // Refused, or an address that this host does not have: either way nobody is there.
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.syscall === 'connect' ? 'nothing' : 'stranger'),
    );
    request.on('response', (response) => {
      if (response.headers['x-weir'] !== '1') {
        resolve('stranger');
        request.destroy();
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MAX_ANSWER_BYTES) request.destroy();
      });
      response.on('error', () => resolve('stranger'));
      response.on('close', () => resolve(judge(text, authority)));
    });
  });
}

function judge(text: string, { trusted }: Pick<Authority, 'trusted'>): Found {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null || !('name' in answer) || !('home' in answer)) return 'stranger';
    if (answer.name !== 'weir') return 'stranger';
    return trusted.some(({ digest }) => digest === answer.home) ? 'this-home' : 'other-home';
  } catch {
    return 'stranger';
  }
}
