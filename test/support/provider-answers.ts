/**
 * The script of a stand-in that answers as OpenAI, Anthropic and Gemini do, by the path of the request, whole and
 * streamed. It says the user's last text back, or calls the first tool with that text as its argument, so that
 * whatever the provider was given comes back. A path that it does not know gets 404.
 */
import {
  chatCompletion,
  chatCompletionEvents,
  pieces,
  readChatRequest,
  record,
  textOf,
} from '../../cli/demo/chat-answers.ts';
import type { Received, Script } from '../../cli/demo/stand-in.ts';
import { type Answer, moreAnswers, turnFor, whole } from './more-answers.ts';

/** Deltas of `cut` characters; text answers are `You wrote: TEXT`. `responseId`: of each answer in OpenAI's responses shape. */
export function providerAnswers(options: { readonly cut?: number; readonly responseId?: () => string } = {}): Script {
  return async ({ response, received }) => {
    const request = await received;
    const answer = answerTo(request, options.cut ?? 5, options.responseId ?? (() => 'resp_standin'));
    if (answer === null) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"no such path"}}');
      return;
    }
    if (answer.parts.length === 1) {
      const [only = ''] = answer.parts;
      const body = typeof only === 'string' ? Buffer.from(only) : only;
      response.writeHead(200, { 'content-type': answer.type, 'content-length': body.length }).end(body);
      return;
    }
    response.writeHead(200, { 'content-type': answer.type });
    for (const part of answer.parts) response.write(part);
    response.end();
  };
}

function answerTo(request: Received, cut: number, responseId: () => string): Answer | null {
  const path = request.target.split('?')[0] ?? '';
  if (path.endsWith('/chat/completions')) return chat(request.body, cut);
  if (path.endsWith('/responses')) return responses(json(request.body), cut, responseId());
  if (path.endsWith('/embeddings'))
    return whole({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      model: 'e',
      usage: {},
    });
  if (path.endsWith('/messages')) return anthropic(json(request.body), cut);
  if (path.includes(':generateContent')) return whole(geminiChunk(geminiParts(json(request.body), null)[0] ?? {}));
  if (path.includes(':streamGenerateContent'))
    return geminiStream(json(request.body), request.target.includes('alt=sse'), cut);
  return moreAnswers(path, json(request.body), cut);
}

function chat(body: Buffer, cut: number): Answer {
  const request = readChatRequest(body);
  const said = request.messages.findLast((message) => message.role === 'user')?.text ?? '';
  const turn = turnFor(said, request.hasTools && request.messages.at(-1)?.role === 'user');
  if (!request.stream) return whole(chatCompletion(turn, request.model));
  return { type: 'text/event-stream', parts: chatCompletionEvents(turn, request.model, cut) };
}

function responses(body: Readonly<Record<string, unknown>>, cut: number, id: string): Answer {
  const input = body['input'];
  const last = Array.isArray(input) ? input.map(record).findLast((item) => item['role'] === 'user') : undefined;
  const said = typeof input === 'string' ? input : textOf(last?.['content']);
  const turn = turnFor(said, Array.isArray(body['tools']));
  const base = {
    id,
    object: 'response',
    created_at: 1_700_000_000,
    model: 'gpt-5',
    status: 'completed',
  };
  const item =
    turn.kind === 'text'
      ? {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: turn.text, annotations: [] }],
        }
      : {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'call_1',
          name: turn.name,
          arguments: turn.args,
          status: 'completed',
        };
  if (body['stream'] !== true) return whole({ ...base, output: [item] });
  let sequence = 0;
  const event = (type: string, data: object): string => {
    sequence += 1;
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...data })}\n\n`;
  };
  const place = { item_id: item.id, output_index: 0 };
  const middle =
    turn.kind === 'text'
      ? [
          event('response.content_part.added', {
            ...place,
            content_index: 0,
            part: { type: 'output_text', text: '', annotations: [] },
          }),
          ...pieces(turn.text, cut).map((delta) =>
            event('response.output_text.delta', { ...place, content_index: 0, delta }),
          ),
          event('response.output_text.done', { ...place, content_index: 0, text: turn.text }),
          event('response.content_part.done', {
            ...place,
            content_index: 0,
            part: { type: 'output_text', text: turn.text, annotations: [] },
          }),
        ]
      : [
          ...pieces(turn.args, cut).map((delta) =>
            event('response.function_call_arguments.delta', { ...place, delta }),
          ),
          event('response.function_call_arguments.done', { ...place, arguments: turn.args }),
        ];
  const empty =
    turn.kind === 'text'
      ? { ...item, content: [], status: 'in_progress' }
      : { ...item, arguments: '', status: 'in_progress' };
  return {
    type: 'text/event-stream',
    parts: [
      event('response.created', { response: { ...base, status: 'in_progress', output: [] } }),
      event('response.output_item.added', { output_index: 0, item: empty }),
      ...middle,
      event('response.output_item.done', { output_index: 0, item }),
      event('response.completed', { response: { ...base, output: [item] } }),
    ],
  };
}

function anthropic(body: Readonly<Record<string, unknown>>, cut: number): Answer {
  const messages = Array.isArray(body['messages']) ? body['messages'].map(record) : [];
  const said = textOf(messages.findLast((message) => message['role'] === 'user')?.['content']);
  const turn = turnFor(said, Array.isArray(body['tools']));
  const block =
    turn.kind === 'text'
      ? { type: 'text', text: turn.text }
      : { type: 'tool_use', id: 'toolu_1', name: turn.name, input: JSON.parse(turn.args) as unknown };
  const base = { id: 'msg_standin', type: 'message', role: 'assistant', model: 'claude', stop_sequence: null };
  const stop = turn.kind === 'text' ? 'end_turn' : 'tool_use';
  const usage = { input_tokens: 1, output_tokens: 1 };
  if (body['stream'] !== true) return whole({ ...base, content: [block], stop_reason: stop, usage });
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const deltas =
    turn.kind === 'text'
      ? pieces(turn.text, cut).map((text) => ({ type: 'text_delta', text }))
      : pieces(turn.args, cut).map((part) => ({ type: 'input_json_delta', partial_json: part }));
  return {
    type: 'text/event-stream',
    parts: [
      event('message_start', { message: { ...base, content: [], stop_reason: null, usage } }),
      event('content_block_start', {
        index: 0,
        content_block: turn.kind === 'text' ? { type: 'text', text: '' } : { ...block, input: {} },
      }),
      event('ping', {}),
      ...deltas.map((delta) => event('content_block_delta', { index: 0, delta })),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 2 } }),
      event('message_stop', {}),
    ],
  };
}

function geminiStream(body: Readonly<Record<string, unknown>>, isSse: boolean, cut: number): Answer {
  const parts = geminiParts(body, cut).map((part) => JSON.stringify(geminiChunk(part)));
  if (isSse) return { type: 'text/event-stream', parts: parts.map((part) => `data: ${part}\r\n\r\n`) };
  return {
    type: 'application/json',
    parts: [`[${parts[0] ?? ''}`, ...parts.slice(1).map((part) => `,\r\n${part}`), ']'],
  };
}

/** A call comes whole in one part; a text in pieces where `cut` is given. */
function geminiParts(body: Readonly<Record<string, unknown>>, cut: number | null): object[] {
  const turn = turnFor(lastGeminiText(body), Array.isArray(body['tools']));
  if (turn.kind === 'tool') {
    return [{ functionCall: { name: turn.name, args: JSON.parse(turn.args) as unknown } }];
  }
  return cut === null ? [{ text: turn.text }] : pieces(turn.text, cut).map((text) => ({ text }));
}

function lastGeminiText(body: Readonly<Record<string, unknown>>): string {
  const contents = Array.isArray(body['contents']) ? body['contents'].map(record) : [];
  return textOf(contents.findLast((content) => content['role'] !== 'model')?.['parts']);
}

function geminiChunk(part: object): object {
  return { candidates: [{ index: 0, content: { role: 'model', parts: [part] } }], modelVersion: 'gemini' };
}

function json(body: Buffer): Readonly<Record<string, unknown>> {
  return record(JSON.parse(body.toString('utf8')));
}
