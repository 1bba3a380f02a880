/**
 * An error in the middle of a stream, in the framing that the answer has and in the words of each provider, so that its SDK
 * raises. Mistral's and Cohere's chats tell one by the reason for which the message ends, which their SDKs hand on as any
 * other end: there an event follows that is no event of theirs, at which they raise.
 */
import { encodeHeaders, encodeMessage } from '../extract/event-stream.ts';
import type { Shape } from '../extract/extract.ts';
import { amazonType, type ErrorContent, errorFamily, providerError } from './provider-error.ts';

/** How a stream tells that it broke off. */
export function streamError(shape: Shape | null, host: string, contentType: string, error: ErrorContent): Buffer {
  const { body } = providerError(shape, host, error);
  const text = body.toString('utf8');
  const kind = contentType.toLowerCase().split(';', 1)[0]?.trim() ?? '';
  if (kind === 'application/vnd.amazon.eventstream') {
    const name = amazonType(error.status);
    const headers = encodeHeaders({
      ':exception-type': `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      ':content-type': 'application/json',
      ':message-type': 'exception',
    });
    return encodeMessage(headers, body);
  }
  const isEvents = kind === 'text/event-stream';
  const family = errorFamily(shape, host);
  if (family === 'cohere' && (shape === 'cohere.chat' || shape === 'cohere.chat_v2')) {
    const end = shape === 'cohere.chat' ? cohereEnd() : cohereEnd2(error.message);
    const name = shape === 'cohere.chat' ? null : 'message-end';
    // A string where an object belongs: the SDK quotes it in what it raises.
    return isEvents ? told(event(name, end), event(null, error.message)) : lines([end, error.message]);
  }
  if (!isEvents) return told(`\n${text}\n`);
  const own = `data: ${text}\n\n`;
  switch (family) {
    case 'mistral':
      return told(shape === 'mistral.conversations' ? mistralEvent(error) : event(null, mistralEnd()), own);
    case 'anthropic':
      return told('event: error\n', own);
    default:
      return told(shape === 'openai.responses' ? responsesEvent(error) : own);
  }
}

function told(...pieces: readonly string[]): Buffer {
  return Buffer.from(pieces.join(''), 'utf8');
}

/** https://platform.openai.com/docs/api-reference/responses-streaming/error */
function responsesEvent({ message, openai: { code, param } }: ErrorContent): string {
  return event('error', { type: 'error', code, message, param, sequence_number: 0 });
}

/** https://docs.cohere.com/v2/reference/chat-stream: `message-end`. */
function cohereEnd2(message: string): object {
  return { type: 'message-end', delta: { finish_reason: 'ERROR', error: message } };
}

/** https://docs.cohere.com/v1/reference/chat-stream: `stream-end`, which has no place for words. */
function cohereEnd(): object {
  const response = { text: '', generation_id: '', finish_reason: 'ERROR', chat_history: [], meta: {} };
  return { is_finished: true, event_type: 'stream-end', finish_reason: 'ERROR', response };
}

/** https://docs.mistral.ai/api/endpoint/chat: `finish_reason` of a chunk. */
function mistralEnd(): object {
  const choice = { index: 0, delta: { content: '' }, finish_reason: 'error' };
  return { id: 'weir', object: 'chat.completion.chunk', created: 0, model: 'weir', choices: [choice] };
}

/** https://docs.mistral.ai/api/endpoint/beta/conversations: `conversation.response.error`. */
function mistralEvent({ message, status }: ErrorContent): string {
  const type = 'conversation.response.error';
  return event(type, { type, message, code: status });
}

/** One event of an event stream; `name` null where the provider's have none. */
function event(name: string | null, data: unknown): string {
  return `${name === null ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function lines(data: readonly unknown[]): Buffer {
  return told('\n', ...data.map((one) => `${JSON.stringify(one)}\n`));
}
