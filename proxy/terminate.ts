/**
 * The client's TLS ends here, with a leaf for the name that it asks for; what is inside goes back to the listener as
 * requests. A client that turns the certificate down leaves an event that says how to make it trust it.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { opaque } from '../flow/coverage.ts';
import type { Source } from '../flow/parties.ts';
import { closeRecord } from './answer.ts';
import type { Target } from './authority.ts';
import type { HandOver, Transparent } from './listener.ts';
import { isRejection, rejectedText } from './trust.ts';
import { accountOf, type TunnelContext } from './tunnel.ts';

export interface Termination {
  readonly socket: Socket;
  readonly target: Target;
  /** The SNI; null where there was none. */
  readonly serverName: string | null;
  readonly source: Source;
  readonly userAgent: string | null;
  readonly transparent: Transparent | null;
  readonly handOver: HandOver;
}

/** A client that does not trust the certificate and says so by leaving does it at once; a spare connection is kept longer. */
const LEAVES_WITHIN_MS = 2000;

/** `socket` has its hello still to be read. */
export function terminate(client: Termination, context: TunnelContext): void {
  const { socket, target, serverName, source, transparent, handOver } = client;
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context.leaves.contextFor(serverName ?? target.host),
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  context.arrivals.passOn(socket, secured);
  const fail = (error: Error | null): void => {
    clearTimeout(timer);
    secured.off('secure', onSecure).off('end', onClose).off('close', onClose).off('error', fail);
    secured.on('error', () => secured.destroy());
    secured.destroy();
    const code = error === null ? 'closed' : 'code' in error ? String(error.code) : error.name;
    // Node closes without an alert; under TLS 1.3 before it has finished its part of the handshake.
    rejected(client, code, error === null || code === 'ECONNRESET' || isRejection(code), context);
  };
  const onClose = (): void => fail(null);
  const onSecure = (): void => {
    clearTimeout(timer);
    secured.off('end', onClose).off('close', onClose).off('error', fail);
    watch(secured, client, context);
    handOver(secured, { tunnel: target, serverName, source, transparent }, null);
  };
  const timer = setTimeout(() => fail(new Error('timeout')), context.config.limits.tlsMs);
  // Half-open connections are let be, so that a client that is gone is known by its end alone.
  secured.once('secure', onSecure).once('end', onClose).once('close', onClose).once('error', fail);
}

/** Sees whether a request ever comes: under TLS 1.2 Node completes the handshake before it leaves. */
function watch(secured: TLSSocket, client: Termination, context: TunnelContext): void {
  const { source, target } = client;
  const since = performance.now();
  secured.once('close', () => {
    if (secured.bytesRead > 0) return context.rejections.forget(source, target.host);
    // Browsers keep spare connections, so that one that leaves is nothing to record until it does so again.
    if (performance.now() - since < LEAVES_WITHIN_MS && context.rejections.note(source, target.host)) {
      record(client, rejectedText(target.host, client.userAgent, source), context);
    }
  });
}

function rejected(client: Termination, code: string, isRejected: boolean, context: TunnelContext): void {
  const { source, target, userAgent } = client;
  if (isRejected && context.rejections.note(source, target.host)) {
    return record(client, rejectedText(target.host, userAgent, source), context);
  }
  const text = `the client did not complete TLS (${code}); does it trust the certificate that \`weir ca path\` names?`;
  closing(client, text, context);
}

function record(client: Termination, reason: string, context: TunnelContext): void {
  context.log(`weir: ${client.target.host}: ${reason}`);
  closing(client, reason, context);
}

function closing({ source, target }: Termination, reason: string, context: TunnelContext): void {
  const account = accountOf(source, target, 'tunnel', context);
  account.lessen(opaque('tls'));
  closeRecord(account, 'client_aborted', null, reason, context);
}
