/**
 * An assistant's message that no model wrote: what a client shows where blocks are answered by `style: message`. In
 * the provider's shape, whole or as the stream that the request asked for.
 */
import { assertNever } from '../../flow/errors.ts';
import type { Shape } from '../extract/extract.ts';

export interface Synthetic {
  readonly contentType: string;
  readonly body: Buffer;
}

/** Null where the shape answers with something other than a message (embeddings), or none is known. */
export function syntheticMessage(
  shape: Shape | null,
  text: string,
  model: string | null,
  stream: boolean,
  eventId: string,
): Synthetic | null {
  const name = model ?? 'weir';
  switch (shape) {
    case null:
    case 'openai.realtime':
    case 'openai.embeddings':
      return null;
    case 'openai.chat':
      return stream ? events(chatChunks(text, name, eventId), '[DONE]') : whole(chat(text, name, eventId));
    case 'openai.responses':
      return stream ? events(responseEvents(text, name, eventId)) : whole(response(text, name, eventId, 'completed'));
    case 'anthropic.messages':
      return stream ? events(messageEvents(text, name, eventId)) : whole(message(text, name, eventId));
    case 'gemini.generate':
      return stream ? events([generated(text, name, eventId)]) : whole(generated(text, name, eventId));
    default:
      return assertNever(shape);
  }
}

const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

function chat(content: string, model: string, id: string): object {
  const choice = {
    index: 0,
    message: { role: 'assistant', content, refusal: null },
    logprobs: null,
    finish_reason: 'stop',
  };
  return { id: `chatcmpl-${id}`, object: 'chat.completion', created: 0, model, choices: [choice], usage: NO_USAGE };
}

function chatChunks(content: string, model: string, id: string): object[] {
  const base = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: 0, model };
  return [
    { ...base, choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] },
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ];
}

function outputItem(text: string, id: string, status: string): object {
  return { type: 'message', id: `msg_${id}`, status, role: 'assistant', content: text === '' ? [] : [part(text)] };
}

function part(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function response(text: string, model: string, id: string, status: string): object {
  const output = status === 'completed' ? [outputItem(text, id, 'completed')] : [];
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 0,
    status,
    model,
    output,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    usage: null,
  };
}

function responseEvents(text: string, model: string, id: string): object[] {
  const place = { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
  return [
    { type: 'response.created', response: response('', model, id, 'in_progress') },
    { type: 'response.output_item.added', output_index: 0, item: outputItem('', id, 'in_progress') },
    { type: 'response.content_part.added', ...place, part: part('') },
    { type: 'response.output_text.delta', ...place, delta: text, logprobs: [] },
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: part(text) },
    { type: 'response.output_item.done', output_index: 0, item: outputItem(text, id, 'completed') },
    { type: 'response.completed', response: response(text, model, id, 'completed') },
  ].map((event, index) => ({ ...event, sequence_number: index }));
}

function message(text: string, model: string, id: string): object {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

function messageEvents(text: string, model: string, id: string): object[] {
  return [
    { type: 'message_start', message: { ...message('', model, id), content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 0 } },
    { type: 'message_stop' },
  ];
}

function generated(text: string, modelVersion: string, responseId: string): object {
  const candidate = { content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 };
  const usageMetadata = { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 };
  return { candidates: [candidate], usageMetadata, modelVersion, responseId };
}

function whole(value: object): Synthetic {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value), 'utf8') };
}

/** Events with an `event` field where they have a type, as the providers send them. */
function events(values: readonly object[], last?: string): Synthetic {
  let text = '';
  for (const value of values) {
    if ('type' in value) text += `event: ${String(value.type)}\n`;
    text += `data: ${JSON.stringify(value)}\n\n`;
  }
  if (last !== undefined) text += `data: ${last}\n\n`;
  return { contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(text, 'utf8') };
}
