/**
 * What a client is told of a message of a stream that was blocked: the provider's own error event, and the reason that the
 * stream's end gives. They name entities, counts and places, never a value.
 */
import type { Message } from '../../flow/message.ts';
import { get, parseJson, textOf } from '../extract/json.ts';
import type { Inspection } from '../inspect.ts';
import { errorBody, placesOf, refusalText } from './refuse.ts';

export interface MessageRefusal {
  /** A message in the provider's shape; null where no shape is known by which the client would read it. */
  readonly event: Buffer | null;
  /** One sentence. */
  readonly reason: string;
}

/** Ids that clients give their events; whatever else is found in their place is not sent back. */
const EVENT_ID = /^[A-Za-z][\w.-]{0,63}$/;

/** `eventId`: of Weir's own event, which the client's developer looks up. */
export function refuseMessage(message: Message, inspection: Inspection, eventId: string): MessageRefusal {
  const { extraction, findings, decision } = inspection;
  const places = placesOf(findings, decision.subject);
  const text = refusalText(decision.enforced, places, eventId);
  const { policy, rule } = decision.enforced;
  const reason = `Blocked by policy ${policy ?? 'none'}/${rule ?? 'none'} (event ${eventId})`;
  const param = places[0]?.path ?? null;
  const error = { type: 'policy_violation', code: 'weir_blocked', message: text, param };
  switch (extraction.shape) {
    case 'openai.realtime': {
      const sent = places.some(({ path }) => path === '/event_id') ? null : clientsOwn(message, 'event_id');
      return {
        event: json({ type: 'error', event_id: `event_${eventId}`, error: { ...error, event_id: sent } }),
        reason,
      };
    }
    case 'openai.responses': {
      const lane = clientsOwn(message, 'stream_id');
      const own = lane === null ? {} : { stream_id: lane };
      return { event: json({ type: 'error', status: 400, error, ...own }), reason };
    }
    // Its errors are the code and reason of the end.
    case 'gemini.live':
      return { event: null, reason };
    default: {
      if (extraction.shape === null && message.destination.category !== 'genai') return { event: null, reason };
      const { type, code } = error;
      const content = { status: 400, message: text, openai: { type, code, param }, anthropic: 'invalid_request_error' };
      return { event: errorBody(extraction.shape, message.destination.host, content), reason };
    }
  }
}

/** An id out of the blocked message, by which its sender knows which of its messages this is about. */
function clientsOwn(message: Message, key: string): string | null {
  if (message.direction === 'response') return null;
  const root = parseJson(message.body);
  const id = root === null ? null : textOf(message.body, get(message.body, root, key));
  return id !== null && EVENT_ID.test(id) && !/\d{6}/.test(id) ? id : null;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
