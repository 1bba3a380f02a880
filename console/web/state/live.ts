/**
 * What happens while one looks: one stream for all tabs of a browser. The tab that holds the lock has the stream and hands
 * every message on; when it is closed the next takes over and goes on from the last message. Where there are no locks
 * (a console that is reached by plain HTTP from another host) each tab has its own.
 */
import { batch, effect, signal } from '@preact/signals';
import type { EventRow, Health, StreamMessage } from '../../api/shapes.ts';
import { streamAddress } from './endpoints.ts';
import { door } from './session.ts';

export const connection = signal<'opening' | 'open' | 'lost'>('opening');
/** Blocked prompts that nobody has looked at; null until it is known. `isExact` false: at least so many. */
export const openReviews = signal<{ readonly value: number; readonly isExact: boolean } | null>(null);
export const health = signal<Health | null>(null);
/** Changes when the set of policies in force does. */
export const policiesInForce = signal<string | null>(null);
/** The newest events, newest first, since the page was opened. */
export const newEvents = signal<readonly EventRow[]>([]);
/** Counts up, at most once in five seconds, when there is something new. */
export const tick = signal(0);

const CHANNEL = 'weir-live';
const KEPT_EVENTS = 200;
const TICK_MS = 5000;

interface Relayed {
  readonly from: 'stream';
  readonly id: string | null;
  readonly message: StreamMessage;
}
interface StateOfStream {
  readonly from: 'state';
  readonly state: 'opening' | 'open' | 'lost';
}
/** A tab that has just been opened asks for what the others know. */
interface Question {
  readonly from: 'newcomer';
}
type Word = Relayed | StateOfStream | Question;

let lastId: string | null = null;
let pending: ReturnType<typeof setTimeout> | null = null;

function tickSoon(): void {
  if (pending !== null) return;
  pending = setTimeout(() => {
    pending = null;
    tick.value += 1;
  }, TICK_MS);
}

function take(message: StreamMessage): void {
  batch(() => {
    if (message.kind === 'snapshot') {
      openReviews.value = message.openReviews;
      health.value = message.health;
      policiesInForce.value = message.policies;
      return;
    }
    if (message.health !== null) health.value = message.health;
    if (message.policies !== null) policiesInForce.value = message.policies;
    if (message.events.length > 0) newEvents.value = [...message.events, ...newEvents.value].slice(0, KEPT_EVENTS);
    recount(message);
  });
  tickSoon();
}

/** What an update changes in the number of open reviews; a later snapshot puts it right. */
function recount(message: Extract<StreamMessage, { kind: 'update' }>): void {
  const known = openReviews.value;
  if (known === null) return;
  const opened = message.events.filter(
    ({ kind, action, review }) => kind === 'exchange' && action === 'block' && review === 'open',
  );
  const closed = message.reviewed.filter(({ review }) => review !== 'open');
  openReviews.value = { ...known, value: Math.max(0, known.value + opened.length - closed.length) };
}

function follow(hand: (word: Word) => void, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | null = null;
    const open = (): void => {
      source = new EventSource(streamAddress(lastId));
      source.onopen = () => hand({ from: 'state', state: 'open' });
      source.onerror = () => {
        hand({ from: 'state', state: 'lost' });
        // The browser tries again by itself, unless the answer was a refusal.
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, 5000);
      };
      source.onmessage = ({ data, lastEventId }) => {
        const message = JSON.parse(String(data)) as StreamMessage;
        hand({ from: 'stream', id: lastEventId === '' ? null : lastEventId, message });
      };
    };
    stop.addEventListener('abort', () => {
      source?.close();
      if (retry !== null) clearTimeout(retry);
      resolve();
    });
    open();
  });
}

/** Follows the stream as long as somebody is signed in. */
export function startLive(): void {
  let stop: AbortController | null = null;
  effect(() => {
    const isIn = door.value.kind === 'in';
    if (isIn && stop === null) {
      stop = new AbortController();
      begin(stop.signal);
    } else if (!isIn && stop !== null) {
      stop.abort();
      stop = null;
    }
  });
}

function begin(stop: AbortSignal): void {
  const channel = new BroadcastChannel(CHANNEL);
  let isLeader = false;
  const hear = (word: Word): void => {
    if (word.from === 'stream') {
      lastId = word.id ?? lastId;
      take(word.message);
    } else if (word.from === 'state') {
      connection.value = word.state;
    } else if (isLeader) {
      channel.postMessage({ from: 'state', state: connection.value } satisfies Word);
      const known = snapshot();
      if (known !== null) channel.postMessage({ from: 'stream', id: lastId, message: known } satisfies Word);
    }
  };
  channel.onmessage = ({ data }: MessageEvent<Word>) => hear(data);
  const hand = (word: Word): void => {
    hear(word);
    channel.postMessage(word);
  };
  const lead = (): Promise<void> => {
    isLeader = true;
    return follow(hand, stop);
  };
  stop.addEventListener('abort', () => channel.close());
  channel.postMessage({ from: 'newcomer' } satisfies Word);
  if (typeof navigator.locks === 'undefined') void lead();
  else navigator.locks.request(CHANNEL, { signal: stop }, lead).catch(() => {}); // Aborted: nobody is signed in any more.
}

function snapshot(): StreamMessage | null {
  if (openReviews.value === null || health.value === null || policiesInForce.value === null) return null;
  return {
    kind: 'snapshot',
    totals: { calls: 0, blocked: 0 },
    openReviews: openReviews.value,
    health: health.value,
    policies: policiesInForce.value,
  };
}
