/**
 * One exchange, straight through: prepare (hold, extract, scan, decide, transform), record, forward, relay. Every way
 * out of here ends in exactly one event.
 */
import type { Shape } from '../engine/extract/extract.ts';
import { Account } from './account.ts';
import { Answer, answer, breakDown, failed, reasonOf } from './answer.ts';
import type { ExchangeContext, Incoming } from './context.ts';
import { failClosed, failOpen } from './failing.ts';
import type { Call, ResponseSink } from './forward.ts';
import { BodyReader } from './held.ts';
import { prepare } from './prepare.ts';
import { relay } from './relay.ts';
import { carrying } from './traces.ts';

/** Carries out one exchange. Resolves when it is over; never rejects. */
export async function exchange(asked: Incoming, context: ExchangeContext): Promise<void> {
  const incoming = context.waitsForPeers ? await identified(asked, context) : asked;
  const destination = context.catalog.lookup(incoming.origin.host, incoming.origin.port);
  const startedAt = context.now();
  const account = new Account(
    {
      id: context.newId(),
      startedAt,
      source: incoming.source,
      destination,
      protocol: incoming.origin.scheme,
      provider: incoming.provider,
      via: incoming.origin.via,
    },
    context.recorder,
    context.now,
  );
  context.underWay.set(incoming.request.socket, { account, response: incoming.response });
  const span = context.traces?.begin(account.id, incoming.request.rawHeaders, startedAt) ?? null;
  if (span !== null) account.onCall = (method) => context.traces?.called(account.id, method);
  const reader = new BodyReader(incoming.request, context.budget, context.rates, incoming.declaredLength);
  try {
    const ready = await prepare(incoming, destination, reader, account, context);
    await openRecord(incoming, account, ready.shape, context);
    const send = (sink: ResponseSink): Call => {
      const { target, body, trailers } = ready;
      const headers = span === null ? ready.headers : carrying(ready.headers, span);
      // An answer may take minutes: the request is not kept for it.
      ready.body = null;
      const { origin } = incoming;
      const method = incoming.request.method ?? 'GET';
      const offersHttp2 = incoming.request.httpVersionMajor === 2;
      return context.forwarder.send({ origin, method, path: target, headers, body, trailers, offersHttp2 }, sink);
    };
    await (ready.relay === null ? relay(incoming, ready, account, context, send) : ready.relay(ready, send));
  } catch (error) {
    if (error instanceof Answer) answer(incoming, account, error, context);
    else breakDown(incoming, account, error, context);
  } finally {
    // Whichever way it ended, the room that its body took is free again.
    reader.release();
  }
}

/** With the process that asks, where a rule wants to know it. */
async function identified(incoming: Incoming, { peers }: ExchangeContext): Promise<Incoming> {
  const source = (await peers?.identified(incoming.source)) ?? incoming.source;
  return source === incoming.source ? incoming : { ...incoming, source };
}

/** The record of what is about to happen; where it cannot be written, `onError` decides. */
async function openRecord(
  incoming: Incoming,
  account: Account,
  shape: Shape | null,
  context: ExchangeContext,
): Promise<void> {
  const since = performance.now();
  try {
    await account.openSoon();
    context.figures.passed('record', since);
  } catch (error) {
    const text = reasonOf(error);
    if (context.config.onError === 'open') return failOpen(account, 'record', text, context);
    context.log(`weir: ${text} (event ${account.id}, onError: closed)`);
    failClosed(account, 'record', text, context);
    throw failed(incoming, account, 503, 'store_unwritable', 'the proxy cannot write its records', 'failed', shape);
  }
}
