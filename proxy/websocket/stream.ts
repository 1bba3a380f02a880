/**
 * A WebSocket that is open: two legs, two directions, and its one end. Whoever says goodbye first, the other hears the same;
 * a peer that is gone, a broken protocol, a blocked message and the end of the proxy have codes of their own. The record is
 * closed before the client gets the last frame.
 */
import type { Outcome } from '../../flow/event.ts';
import type { Account } from '../account.ts';
import { closeRecord, reasonOf } from '../answer.ts';
import type { ExchangeContext } from '../context.ts';
import { BrokenProtocol, CLOSE, type Close } from './close.ts';
import { Direction, type Endings } from './direction.ts';
import { TEXT } from './frame-reader.ts';
import type { Judge, Verdict } from './judge.ts';
import type { Leg } from './leg.ts';

export interface OpenStream {
  readonly client: Leg;
  readonly upstream: Leg;
  /** What came with the heads. */
  readonly first: { readonly client: Buffer; readonly upstream: Buffer };
  readonly judge: Judge;
  readonly account: Account;
  /** The settings that hold now. */
  readonly present: () => ExchangeContext;
}

/** What a peer gets to answer a goodbye, and to end its connection. */
const CLOSING_MS = 5000;
/** What the other direction gets to finish what it is at when the stream ends. */
const FINISHING_MS = 1000;
/** At the end of the proxy a stream on which so long nothing has passed is ended. */
const QUIET_MS = 500;
const QUIET_CHECK_MS = 100;
const NO_ANSWER: Close = { code: null, reason: '' };

/** Resolves once both connections are closed and the end is recorded. */
export function carryStream(stream: OpenStream): Promise<void> {
  return new Promise((resolve) => new Carrying(stream, resolve).start());
}

/** A leg with the direction that begins at it. */
interface End {
  readonly leg: Leg;
  readonly direction: Direction;
  /** What it is at; resolved while it waits for more. */
  work: Promise<void>;
  isBusy: boolean;
  isFlushed: boolean;
  /** Runs when something that waits in the direction is due. */
  tick: NodeJS.Timeout | null;
}

class Carrying implements Endings {
  readonly #stream: OpenStream;
  readonly #client: End;
  readonly #upstream: End;
  readonly #over: () => void;
  #clientClose: Close = NO_ANSWER;
  #closing: NodeJS.Timeout | null = null;
  #isOver = false;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onStop = (): void => this.#stop();

  constructor(stream: OpenStream, over: () => void) {
    this.#stream = stream;
    this.#over = over;
    const { client, upstream, present } = stream;
    const shared = { judge: stream.judge, account: stream.account, endings: this };
    const end = (leg: Leg, direction: Direction): End => ({
      leg,
      direction,
      work: Promise.resolve(),
      isBusy: false,
      isFlushed: false,
      tick: null,
    });
    this.#client = end(client, new Direction('request', client, upstream, shared, present));
    this.#upstream = end(upstream, new Direction('response', upstream, client, shared, present));
  }

  start(): void {
    const { first, present } = this.#stream;
    const { stopping, config } = present();
    this.#timers.push(setInterval(() => this.#probe(), config.limits.idleMs).unref());
    stopping.addEventListener('abort', this.#onStop, { once: true });
    if (stopping.aborted) this.#stop();
    this.#listen(this.#client, this.#upstream, first.client);
    this.#listen(this.#upstream, this.#client, first.upstream);
  }

  async closed(leg: Leg, close: Close): Promise<void> {
    const { client, upstream } = this.#stream;
    leg.isCloseReceived = true;
    if (leg === client) this.#clientClose = close;
    const other = leg === client ? upstream : client;
    if (leg === upstream || other.isShut) {
      await this.#finish(leg === client ? this.#upstream : this.#client, `closed with ${close.code ?? 'no code'}`);
    }
    other.close(close);
    if (other.isGone) leg.close(close);
    this.#goOn();
  }

  stopped(verdict: Exclude<Verdict, { kind: 'send' }>): void {
    const { client, upstream } = this.#stream;
    if (verdict.kind === 'failed') {
      this.#record('failed', verdict.text);
      client.close({ code: CLOSE.internal, reason: 'a message could not be inspected' });
      upstream.close({ code: CLOSE.goingAway, reason: '' });
      return this.#goOn();
    }
    const { event, reason } = verdict.refusal;
    this.#record('blocked', `closed with ${CLOSE.policy}`);
    upstream.close({ code: CLOSE.normal, reason: '' });
    const tell = event === null ? Promise.resolve() : client.message(TEXT, event);
    this.#run(
      tell.then(() => {
        client.close({ code: CLOSE.policy, reason });
        this.#goOn();
      }),
    );
  }

  oversize(leg: Leg, code: number, text: string): void {
    this.#record('failed', text);
    this.#endBoth(leg, { code, reason: text });
  }

  /** Ends both legs; the peer of one is to blame. */
  #endBoth(leg: Leg, close: Close): void {
    const { client, upstream } = this.#stream;
    leg.close(close);
    if (leg === client) upstream.close({ code: CLOSE.goingAway, reason: '' });
    else client.close({ code: CLOSE.internal, reason: 'the upstream broke the protocol or a limit' });
    // Its answer could not be read any more.
    leg.isCloseReceived = true;
    this.#goOn();
  }

  #listen(end: End, other: End, first: Buffer): void {
    const { leg } = end;
    const { socket } = leg;
    const take = (chunk: Buffer): void => {
      leg.heard(chunk.length);
      this.#work(end, other, end.direction.take(chunk));
    };
    const gone = (): void => {
      if (leg.isGone) return;
      leg.isGone = true;
      if (!end.isBusy) this.#ended(end, other);
      else this.#expectEnd();
    };
    leg.keepAlive();
    socket.on('data', take);
    socket.on('end', gone);
    socket.on('close', () => {
      gone();
      this.#settle();
    });
    socket.on('error', () => socket.destroy());
    if (first.length > 0) take(first);
    else socket.resume();
    if (socket.destroyed) gone();
  }

  /** Until this is dealt with nothing more is read: that is the back-pressure. */
  #work(end: End, other: End, work: Promise<void>): void {
    const { leg, direction } = end;
    leg.socket.pause();
    end.isBusy = true;
    end.work = work
      .catch((error: unknown) => this.#broken(end, error))
      .then(() => other.leg.drained())
      .then(() => {
        end.isBusy = false;
        if (leg.isGone) return this.#ended(end, other);
        leg.socket.resume();
        const { dueAt } = direction;
        if (dueAt !== null) this.#expectTick(end, other, dueAt);
      });
  }

  /** One timer for all that waits; when it has run it is set again. */
  #expectTick(end: End, other: End, dueAt: number): void {
    if (end.tick !== null || this.#isOver) return;
    const run = (): void => {
      end.tick = null;
      // Whatever it is at will see to it.
      if (!end.isBusy && !end.leg.isGone && !this.#isOver) this.#work(end, other, end.direction.tick());
    };
    end.tick = setTimeout(run, Math.max(1, dueAt - this.#stream.present().now())).unref();
  }

  #broken({ leg, direction }: End, error: unknown): void {
    direction.isDeaf = true;
    if (error instanceof BrokenProtocol) {
      const outcome = leg.side === 'client' ? 'malformed' : 'upstream_failed';
      this.#record(outcome, `the ${leg.side} sent ${error.message} (${error.code})`);
      return this.#endBoth(leg, { code: error.code, reason: error.message });
    }
    const { account, present } = this.#stream;
    present().log(`weir: internal error in exchange ${account.id}: ${reasonOf(error)}`);
    this.stopped({ kind: 'failed', text: reasonOf(error) });
  }

  /** The peer has ended its connection. What was waited with of an answer is all that there will be of it. */
  #ended(end: End, other: End): void {
    if (end.isFlushed) return this.#gone(end, other);
    end.isFlushed = true;
    this.#work(end, other, this.#flush(end));
  }

  async #flush(end: End): Promise<void> {
    const { direction, isBusy, work } = this.#upstream;
    if (end === this.#client) await end.direction.flush();
    if (isBusy) await work;
    await direction.flush();
  }

  /** All that it sent before has been dealt with. */
  #gone(end: End, other: End): void {
    const { client } = this.#stream;
    const { leg } = end;
    end.direction.release();
    const isGoodbye = leg.isCloseReceived || client.isCloseReceived;
    if (leg === client) {
      this.#record(isGoodbye || client.isCloseSent ? 'completed' : 'client_aborted', null);
      other.leg.close({ code: CLOSE.goingAway, reason: '' });
      other.leg.leave();
    } else {
      const text = 'the upstream ended the connection without a goodbye';
      this.#record(isGoodbye ? 'completed' : 'upstream_failed', isGoodbye ? null : text);
      client.close(client.isCloseReceived ? this.#clientClose : { code: CLOSE.internal, reason: text });
    }
    leg.leave();
    this.#goOn();
  }

  /** Ends the connections whose goodbyes are through, and waits for the others no longer than is due. */
  #goOn(): void {
    const { client, upstream } = this.#stream;
    for (const leg of [client, upstream]) {
      if (leg.isCloseSent && leg.isCloseReceived && !leg.socket.destroyed) leg.socket.end();
    }
    if (client.isCloseSent || upstream.isCloseSent) this.#expectEnd();
  }

  #expectEnd(): void {
    if (this.#closing !== null || this.#isOver) return;
    this.#closing = setTimeout(() => {
      const { client, upstream } = this.#stream;
      const isAborted = client.isGone && !client.isCloseReceived && !client.isCloseSent;
      this.#record(isAborted ? 'client_aborted' : 'completed', null);
      if (client.isCloseReceived) client.close(this.#clientClose);
      client.leave();
      upstream.socket.destroy();
      // A client that does not read keeps nothing alive either.
      this.#timers.push(setTimeout(() => client.socket.destroy(), CLOSING_MS).unref());
    }, CLOSING_MS);
    this.#closing.unref();
  }

  /** Lets the other direction finish what it is at, then records the end. */
  async #finish(other: End, reason: string): Promise<void> {
    if (this.#stream.account.isClosed) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISHING_MS);
    if (other.isBusy) await Promise.race([other.work, late]);
    clearTimeout(timer);
    this.#record('completed', reason);
  }

  /** Once; where it cannot be recorded and `onError` is closed, the client hears nothing more. */
  #record(outcome: Outcome, reason: string | null): void {
    const { account, client, present } = this.#stream;
    if (account.isClosed) return;
    account.bytesOut = client.receivedBytes;
    account.bytesIn = client.sentBytes;
    if (!closeRecord(account, outcome, 101, reason, present())) client.socket.destroy();
  }

  /** A peer that is not heard of is asked; one that does not answer is gone. */
  #probe(): void {
    for (const end of [this.#client, this.#upstream]) {
      if (end.leg.isGone || end.isBusy || end.leg.probe()) continue;
      end.leg.socket.destroy();
    }
  }

  /** The proxy is to stop: the stream ends as soon as nothing is under way, and in time. */
  #stop(): void {
    const { config, now } = this.#stream.present();
    const until = now() + config.limits.drainMs / 2;
    const look = (): void => {
      const at = now();
      const last = Math.max(this.#client.direction.lastAt, this.#upstream.direction.lastAt);
      const isBetween = this.#client.direction.isBetween && this.#upstream.direction.isBetween;
      const isBusy = this.#client.isBusy || this.#upstream.isBusy;
      if (at < until && (isBusy || !isBetween || at - last < QUIET_MS)) return;
      clearInterval(timer);
      if (this.#isOver) return;
      this.#record('completed', 'the proxy stopped');
      const close = { code: CLOSE.goingAway, reason: 'the proxy stops' };
      this.#stream.client.close(close);
      this.#stream.upstream.close({ ...close, reason: '' });
      this.#goOn();
    };
    const timer = setInterval(look, QUIET_CHECK_MS);
    this.#timers.push(timer);
    look();
  }

  /** What goes wrong in a way nobody thought of ends this stream, and no other. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { account, present, client, upstream } = this.#stream;
      present().log(`weir: internal error in exchange ${account.id}: ${reasonOf(error)}`);
      client.socket.destroy();
      upstream.socket.destroy();
    });
  }

  #settle(): void {
    const { client, upstream, present } = this.#stream;
    if (this.#isOver || !client.socket.destroyed || !upstream.socket.destroyed) return;
    if (this.#client.isBusy || this.#upstream.isBusy) {
      // What is still being inspected is recorded before the end is.
      this.#run(Promise.all([this.#client.work, this.#upstream.work]).then(() => this.#settle()));
      return;
    }
    this.#isOver = true;
    this.#record('completed', null);
    for (const { direction } of [this.#client, this.#upstream]) direction.release();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const timer of [this.#closing, this.#client.tick, this.#upstream.tick])
      if (timer !== null) clearTimeout(timer);
    present().stopping.removeEventListener('abort', this.#onStop);
    this.#over();
  }
}
