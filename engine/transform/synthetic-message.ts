/**
 * An assistant's message that no model wrote: what a client shows where blocks are answered by `style: message`. In
 * the provider's shape, whole or as the stream that the request asked for.
 */
import { encodeHeaders, encodeMessage } from '../extract/event-stream.ts';
import type { Shape } from '../extract/extract.ts';

export interface Synthetic {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface SyntheticInput {
  readonly shape: Shape | null;
  readonly text: string;
  readonly model: string | null;
  readonly stream: boolean;
  readonly eventId: string;
  /** JSON of the call's id in JSON-RPC. */
  readonly callId: string | null;
}

/** Null where the shape answers with something other than a message (embeddings), or none is known. */
export function syntheticMessage(input: SyntheticInput): Synthetic | null {
  const { shape, text, stream, eventId, callId } = input;
  const name = input.model ?? 'weir';
  switch (shape) {
    case 'openai.chat':
    case 'mistral.fim':
      return stream ? events(chatChunks(text, name, eventId), '[DONE]') : whole(chat(text, name, eventId));
    case 'openai.completions':
      return stream ? events([completion(text, name, eventId)], '[DONE]') : whole(completion(text, name, eventId));
    case 'openai.responses':
      return stream ? events(responseEvents(text, name, eventId)) : whole(response(text, name, eventId, 'completed'));
    case 'anthropic.messages':
    case 'anthropic.web':
      return stream ? events(messageEvents(text, name, eventId)) : whole(message(text, name, eventId));
    case 'gemini.generate':
      return stream ? events([generated(text, name, eventId)]) : whole(generated(text, name, eventId));
    case 'gemini.code_assist': {
      const answer = { response: generated(text, name, eventId) };
      return stream ? events([answer]) : whole(answer);
    }
    case 'bedrock.converse':
      return stream ? messages(converseEvents(text)) : whole(converse(text));
    case 'cohere.chat':
      return stream ? lines(cohereLines(text, eventId)) : whole(cohere(text, eventId));
    case 'cohere.chat_v2':
      return stream ? events(cohereEvents(text, eventId)) : whole(cohere2(text, eventId));
    case 'ollama.chat':
    case 'ollama.generate':
      return stream ? lines(ollamaLines(shape, text, name)) : whole(ollama(shape, text, name, true));
    case 'mcp.rpc':
      return callId === null ? null : whole(toolResult(text, callId));
    default:
      return null;
  }
}

function completion(text: string, model: string, id: string): object {
  const choice = { index: 0, text, logprobs: null, finish_reason: 'stop' };
  return { id: `cmpl-${id}`, object: 'text_completion', created: 0, model, choices: [choice], usage: NO_USAGE };
}

function converse(text: string): object {
  return {
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    metrics: { latencyMs: 0 },
  };
}

function converseEvents(text: string): readonly (readonly [string, object])[] {
  return [
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 }, metrics: { latencyMs: 0 } }],
  ];
}

function cohere(text: string, id: string): object {
  return { text, generation_id: id, response_id: id, finish_reason: 'COMPLETE', chat_history: [], meta: {} };
}

function cohereLines(text: string, id: string): object[] {
  return [
    { is_finished: false, event_type: 'stream-start', generation_id: id },
    { is_finished: false, event_type: 'text-generation', text },
    { is_finished: true, event_type: 'stream-end', finish_reason: 'COMPLETE', response: cohere(text, id) },
  ];
}

function cohere2(text: string, id: string): object {
  return { id, finish_reason: 'COMPLETE', message: { role: 'assistant', content: [{ type: 'text', text }] } };
}

function cohereEvents(text: string, id: string): object[] {
  const content = (value: object) => ({ index: 0, delta: { message: { content: value } } });
  return [
    {
      type: 'message-start',
      id,
      delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [] } },
    },
    { type: 'content-start', ...content({ type: 'text', text: '' }) },
    { type: 'content-delta', ...content({ text }) },
    { type: 'content-end', index: 0 },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  ];
}

/** 1970, as `created: 0` elsewhere: the engine has no clock. */
const NO_TIME = '1970-01-01T00:00:00Z';

function ollama(shape: 'ollama.chat' | 'ollama.generate', text: string, model: string, done: boolean): object {
  const said = shape === 'ollama.chat' ? { message: { role: 'assistant', content: text } } : { response: text };
  return { model, created_at: NO_TIME, ...said, done, ...(done ? { done_reason: 'stop' } : {}) };
}

function ollamaLines(shape: 'ollama.chat' | 'ollama.generate', text: string, model: string): object[] {
  return [ollama(shape, text, model, false), ollama(shape, '', model, true)];
}

/** A tool that failed, in words that the model reads. */
function toolResult(text: string, callId: string): object {
  return {
    jsonrpc: '2.0',
    id: JSON.parse(callId) as unknown,
    result: { content: [{ type: 'text', text }], isError: true },
  };
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

/** NDJSON. */
function lines(values: readonly object[]): Synthetic {
  const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  return { contentType: 'application/x-ndjson', body: Buffer.from(text, 'utf8') };
}

/** Amazon's event stream: names and payloads. */
function messages(values: readonly (readonly [string, object])[]): Synthetic {
  const body = values.map(([type, value]) =>
    encodeMessage(
      encodeHeaders({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }),
      Buffer.from(JSON.stringify(value), 'utf8'),
    ),
  );
  return { contentType: 'application/vnd.amazon.eventstream', body: Buffer.concat(body) };
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
