/**
 * WebSocket upgrades. Frames are not inspected, so where a rule could hold what they carry, and towards every GenAI
 * destination, the answer is 426; elsewhere the connection is joined through the proxy's own dialer and recorded as
 * unseen. The upstream must really switch protocols (RFC 6455 §4.2.2) before a client's byte goes through.
 */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from '../engine/inspect.ts';
import { opaque } from '../flow/coverage.ts';
import { actionRank } from '../flow/decision.ts';
import { WeirError } from '../flow/errors.ts';
import type { Source } from '../flow/parties.ts';
import { closeRecord, reasonOf } from './answer.ts';
import { authorityText, type Target } from './authority.ts';
import { requestHead } from './head.ts';
import { describeRoute } from './route-text.ts';
import { accountOf, joinSockets, type TunnelContext, writeRefusal } from './tunnel.ts';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly source: Source;
  readonly origin: Target;
  readonly target: string;
  /** The gateway's name for the provider; null in the other modes. */
  readonly provider: string | null;
}

export function acceptUpgrade(upgrade: UpgradeRequest, context: TunnelContext): void {
  const { socket } = upgrade;
  socket.on('error', () => socket.destroy());
  if (socket instanceof Socket) context.track(carry(upgrade, socket, context));
  else socket.destroy();
}

async function carry(upgrade: UpgradeRequest, client: Socket, context: TunnelContext): Promise<void> {
  const { request, source, origin, target } = upgrade;
  const destination = context.catalog.lookup(origin.host, origin.port);
  const account = accountOf(source, origin, 'websocket', context);
  account.provider = upgrade.provider;
  account.lessen(opaque('websocket'));
  const { engine } = context;
  const message = {
    direction: 'request' as const,
    source,
    destination,
    method: request.method ?? 'GET',
    target,
    status: null,
    headers: request.rawHeaders,
    body: Buffer.alloc(0),
  };
  try {
    const now = new Date(context.now());
    const { extraction, findings } = inspect(engine, message, { now, held: false, conversation: () => null });
    account.route = describeRoute(message.method, target, extraction.segments, findings);
    const mayHold = (['request', 'response'] as const).some(
      (direction) => actionRank(engine.policies.strongest({ source, destination, direction })) > actionRank('alert'),
    );
    if ((mayHold || destination.category === 'genai') && !context.isBypassed(origin.host)) {
      const text = 'WebSocket frames are not inspected yet, so this destination is reached by HTTP requests only';
      closeRecord(account, 'refused', 426, `426 ${text}`, context);
      return writeRefusal(client, 426, 'upgrade_refused', text, account.id);
    }
    account.open();
    const upstream = await context.dialer.dial(origin, origin.scheme === 'https');
    upstream.write(headText(upgrade));
    const first = await switched(upstream, context.config.limits.firstByteMs);
    client.write(first.bytes);
    account.bytesIn += first.bytes.length;
    if (!first.isSwitched) {
      // An ordinary answer instead: it is passed on, and nothing more of the client's.
      upstream.pipe(client);
      closeRecord(account, 'completed', first.status, 'the upstream did not switch protocols', context);
      return;
    }
    await joinSockets(client, upstream, upgrade.head, account);
    closeRecord(account, 'completed', 101, null, context);
  } catch (error) {
    const isRefused = error instanceof WeirError && error.code === 'address_forbidden';
    const status = isRefused ? 403 : error instanceof WeirError && error.code === 'store_unwritable' ? 503 : 502;
    closeRecord(
      account,
      isRefused ? 'refused' : status === 503 ? 'failed' : 'upstream_failed',
      status,
      reasonOf(error),
      context,
    );
    writeRefusal(client, status, error instanceof WeirError ? error.code : 'weir_failed', reasonOf(error), account.id);
  }
}

function headText({ request, origin, target }: UpgradeRequest): Buffer {
  const head = requestHead(request.rawHeaders, {
    authority: authorityText(origin),
    contentLength: null,
    isIdentity: false,
    narrowsEncoding: false,
  });
  let text = `${request.method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < head.length; i += 2) text += `${head[i]}: ${head[i + 1]}\r\n`;
  return Buffer.from(`${text}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 'latin1');
}

interface FirstAnswer {
  readonly bytes: Buffer;
  readonly status: number;
  readonly isSwitched: boolean;
}

const MAX_HEAD_BYTES = 64 * 1024;

/** Reads the upstream's head. Throws WeirError where there is none. */
function switched(upstream: Socket, limitMs: number): Promise<FirstAnswer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const fail = (error: WeirError): void => {
      clearTimeout(timer);
      upstream.destroy();
      reject(error);
    };
    const onClose = (): void =>
      fail(new WeirError('upstream_reset', 'the upstream ended the connection before it answered'));
    const timer = setTimeout(
      () => fail(new WeirError('upstream_timeout', 'no answer within limits.firstByteMs')),
      limitMs,
    );
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        if (bytes.length > MAX_HEAD_BYTES) fail(new WeirError('upstream_malformed', 'the upstream sent no head'));
        return;
      }
      clearTimeout(timer);
      upstream.off('data', onData).off('close', onClose);
      upstream.pause();
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(bytes.toString('latin1', 0, 16))?.[1] ?? 0);
      resolve({ bytes, status, isSwitched: status === 101 });
    };
    upstream
      .on('data', onData)
      .on('close', onClose)
      .on('error', () => upstream.destroy());
  });
}
