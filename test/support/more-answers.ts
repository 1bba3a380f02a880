/**
 * Answers of Bedrock, Cohere, Mistral's agents, Ollama and Gemini's tools for the stand-in of provider-answers.ts: the
 * user's last text back, or a call of the first tool with it.
 */
import { type ModelTurn, pieces, record, textOf } from '../../cli/demo/chat-answers.ts';
import { encodeHeaders, encodeMessage } from '../../engine/extract/event-stream.ts';

export interface Answer {
  readonly type: string;
  /** Written one by one. */
  readonly parts: readonly (string | Buffer)[];
}

type Body = Readonly<Record<string, unknown>>;

/** Null for a path that is none of theirs. */
export function moreAnswers(path: string, body: Body, cut: number): Answer | null {
  const bedrock = /\/model\/[^/]+\/(converse|converse-stream|invoke|invoke-with-response-stream)$/.exec(path)?.[1];
  if (bedrock === 'converse' || bedrock === 'converse-stream')
    return converse(body, bedrock === 'converse-stream', cut);
  if (bedrock !== undefined) return invoke(body, bedrock === 'invoke-with-response-stream', cut);
  if (path.endsWith('/v2/chat')) return cohere(body, cut);
  if (path.endsWith('/api/chat')) return ollamaChat(body, cut);
  if (path.endsWith('/api/generate')) return ollamaGenerate(body, cut);
  return null;
}

/** A tool is called once somebody has said something; after its result the answer is text. */
export function turnFor(said: string, callTool: boolean): ModelTurn {
  if (callTool) return { kind: 'tool', name: 'note', args: JSON.stringify({ text: said, quoted: `"${said}"` }) };
  return { kind: 'text', text: `You wrote: ${said}` };
}

export function whole(answer: unknown): Answer {
  return { type: 'application/json', parts: [JSON.stringify(answer)] };
}

function lastSaid(body: Body): string {
  const messages = Array.isArray(body['messages']) ? body['messages'].map(record) : [];
  return textOf(messages.findLast((message) => message['role'] === 'user')?.['content']);
}

function converse(body: Body, isStream: boolean, cut: number): Answer {
  const turn = turnFor(lastSaid(body), body['toolConfig'] !== undefined);
  const stopReason = turn.kind === 'text' ? 'end_turn' : 'tool_use';
  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
  const metrics = { latencyMs: 1 };
  if (!isStream) {
    const block =
      turn.kind === 'text'
        ? { text: turn.text }
        : { toolUse: { toolUseId: 't1', name: turn.name, input: JSON.parse(turn.args) as unknown } };
    return whole({ output: { message: { role: 'assistant', content: [block] } }, stopReason, usage, metrics });
  }
  const place = { contentBlockIndex: 0 };
  const deltas =
    turn.kind === 'text'
      ? pieces(turn.text, cut).map((text) => ({ text }))
      : pieces(turn.args, cut).map((input) => ({ toolUse: { input } }));
  const start =
    turn.kind === 'text'
      ? []
      : [event('contentBlockStart', { ...place, start: { toolUse: { toolUseId: 't1', name: turn.name } } })];
  return eventStream([
    event('messageStart', { role: 'assistant', p: 'abcdefgh' }),
    ...start,
    ...deltas.map((delta) => event('contentBlockDelta', { ...place, delta, p: 'abc' })),
    event('contentBlockStop', place),
    event('messageStop', { stopReason }),
    event('metadata', { usage, metrics }),
  ]);
}

/** Anthropic's messages at Bedrock. */
function invoke(body: Body, isStream: boolean, cut: number): Answer {
  const { text } = turnFor(lastSaid(body), false) as { text: string };
  if (!isStream) {
    return whole({ id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'text', text }] });
  }
  const chunk = (document: object): Buffer =>
    event('chunk', { bytes: Buffer.from(JSON.stringify(document)).toString('base64'), p: 'abc' });
  return eventStream([
    chunk({ type: 'message_start', message: { id: 'msg_1', role: 'assistant', content: [] } }),
    chunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...pieces(text, cut).map((piece) =>
      chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
    ),
    chunk({ type: 'content_block_stop', index: 0 }),
    chunk({ type: 'message_stop' }),
  ]);
}

function event(type: string, payload: object): Buffer {
  return encodeMessage(
    encodeHeaders({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }),
    Buffer.from(JSON.stringify(payload), 'utf8'),
  );
}

/** Cut where messages do not end, as a network cuts. */
function eventStream(messages: readonly Buffer[]): Answer {
  const bytes = Buffer.concat(messages);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 100) parts.push(bytes.subarray(at, at + 100));
  return { type: 'application/vnd.amazon.eventstream', parts };
}

function cohere(body: Body, cut: number): Answer {
  const turn = turnFor(lastSaid(body), Array.isArray(body['tools']));
  const isText = turn.kind === 'text';
  const usage = { billed_units: { input_tokens: 1, output_tokens: 1 } };
  const call = isText ? null : { id: 'c1', type: 'function', function: { name: turn.name, arguments: turn.args } };
  const reason = isText ? 'COMPLETE' : 'TOOL_CALL';
  if (body['stream'] !== true) {
    const content = isText
      ? { content: [{ type: 'text', text: turn.text }] }
      : { tool_plan: 'I note it.', tool_calls: [call] };
    return whole({ id: 'r', finish_reason: reason, message: { role: 'assistant', ...content }, usage });
  }
  const sse = (type: string, rest: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const message = (value: object): object => ({ index: 0, delta: { message: value } });
  const middle = isText
    ? [
        sse('content-start', message({ content: { type: 'text', text: '' } })),
        ...pieces(turn.text, cut).map((text) => sse('content-delta', message({ content: { text } }))),
        sse('content-end', { index: 0 }),
      ]
    : [
        sse('tool-call-start', message({ tool_calls: { ...call, function: { name: turn.name, arguments: '' } } })),
        ...pieces(turn.args, cut).map((part) =>
          sse('tool-call-delta', message({ tool_calls: { function: { arguments: part } } })),
        ),
        sse('tool-call-end', { index: 0 }),
      ];
  return {
    type: 'text/event-stream',
    parts: [
      sse('message-start', {
        id: 'r',
        delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [] } },
      }),
      ...middle,
      sse('message-end', { delta: { finish_reason: reason, usage } }),
    ],
  };
}

const OLLAMA = { model: 'llama3.2', created_at: '2025-10-09T08:53:20.000Z' };
const OLLAMA_END = { done_reason: 'stop', total_duration: 4_883_583_458, eval_count: 9 };

function ollamaChat(body: Body, cut: number): Answer {
  const turn = turnFor(lastSaid(body), Array.isArray(body['tools']));
  const said = (message: object, done: boolean): object => ({
    ...OLLAMA,
    message: { role: 'assistant', content: '', ...message },
    done,
    ...(done ? OLLAMA_END : {}),
  });
  const calls =
    turn.kind === 'text' ? [] : [{ function: { name: turn.name, arguments: JSON.parse(turn.args) as unknown } }];
  if (body['stream'] === false)
    return whole(said(turn.kind === 'text' ? { content: turn.text } : { tool_calls: calls }, true));
  const middle =
    turn.kind === 'text'
      ? pieces(turn.text, cut).map((content) => said({ content }, false))
      : [said({ tool_calls: calls }, false)];
  return ndjson([...middle, said({}, true)]);
}

function ollamaGenerate(body: Body, cut: number): Answer {
  const text = `You wrote: ${String(body['prompt'])}`;
  if (body['stream'] === false) return whole({ ...OLLAMA, response: text, done: true, ...OLLAMA_END });
  return ndjson([
    ...pieces(text, cut).map((response) => ({ ...OLLAMA, response, done: false })),
    { ...OLLAMA, response: '', done: true, ...OLLAMA_END },
  ]);
}

function ndjson(lines: readonly object[]): Answer {
  return { type: 'application/x-ndjson', parts: lines.map((line) => `${JSON.stringify(line)}\n`) };
}
