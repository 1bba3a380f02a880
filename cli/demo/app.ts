/**
 * The app of the demo, a process of its own, as any app: it knows nothing of Weir but the variables of its environment
 * (HTTPS_PROXY and the CA). It talks to api.openai.com with the `openai` SDK where that is installed, and sends the
 * same requests with fetch where it is not. What it sees, it tells to the process that started it.
 */
import type OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { readSse, type Said } from './app-stream.ts';
import { CLEAN, LETTER, PAYMENT, TASK, TOOL_RESULTS } from './script.ts';

/** One call as the app sees it. */
export interface AppCall {
  readonly step: number;
  readonly title: string;
  readonly client: 'openai' | 'fetch';
  readonly streamed: boolean;
  /** The text that the app added with this call. */
  readonly sent: string;
  /** The model's text, or its tool call as `shell(COMMAND)`; null where an error came. */
  readonly got: string | null;
  /** The error's class and message. */
  readonly error: string | null;
  /** HTTP requests that this one call took: more than 1 means that the SDK tried again. */
  readonly httpRequests: number;
  /** The answer's x-weir-event. */
  readonly eventId: string | null;
}

interface Answer extends Said {
  readonly eventId: string | null;
}

type Send = (messages: readonly ChatCompletionMessageParam[], stream: boolean, tools: boolean) => Promise<Answer>;

const MODEL = 'gpt-4o';
const TOOLS = [{ type: 'function' as const, function: { name: 'shell', parameters: { type: 'object' } } }];

let httpRequests = 0;
const countingFetch: typeof fetch = (input, init) => {
  httpRequests += 1;
  return fetch(input, init);
};

const sdk = await import('openai').then(
  (module) => module,
  () => null,
);
const send = sdk === null ? sendByFetch : sendBySdk(new sdk.OpenAI({ apiKey: 'demo-key', fetch: countingFetch }));

async function ask(step: number, title: string, content: string, stream: boolean): Promise<void> {
  await call({ step, title, sent: content, streamed: stream }, () => send([{ role: 'user', content }], stream, false));
}

/** Six turns; every other one is streamed. The whole history is sent again each time, as agents do. */
async function agentSession(): Promise<void> {
  const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: TASK }];
  let sent = TASK;
  for (let turn = 1; turn <= TOOL_RESULTS.length + 1; turn += 1) {
    const streamed = turn % 2 === 0;
    const title = `agent session, turn ${turn}${streamed ? ', streamed' : ''}`;
    const said = await call({ step: 4, title, sent, streamed }, () => send(messages, streamed, true));
    const result = TOOL_RESULTS[turn - 1];
    if (said === null || said.toolCall === null || result === undefined) return;
    const id = `call_${turn}`;
    const toolCall = { id, type: 'function' as const, function: { name: 'shell', arguments: said.toolCall } };
    messages.push(
      { role: 'assistant', content: null, tool_calls: [toolCall] },
      { role: 'tool', tool_call_id: id, content: result },
    );
    sent = result;
  }
}

async function call(
  about: Pick<AppCall, 'step' | 'title' | 'sent' | 'streamed'>,
  work: () => Promise<Answer>,
): Promise<Answer | null> {
  const before = httpRequests;
  const client = sdk === null ? 'fetch' : 'openai';
  const tell = (rest: Pick<AppCall, 'got' | 'error' | 'eventId'>): void => {
    process.send?.({ ...about, ...rest, client, httpRequests: httpRequests - before } satisfies AppCall);
  };
  try {
    const answer = await work();
    const got = answer.toolCall === null ? answer.text : `shell(${commandOf(answer.toolCall)})`;
    tell({ got, error: null, eventId: answer.eventId });
    return answer;
  } catch (error) {
    const [name, message] = error instanceof Error ? [error.constructor.name, error.message] : ['Error', 'unknown'];
    tell({ got: null, error: `${name}: ${message}`, eventId: eventIdOf(error) });
    return null;
  }
}

function sendBySdk(client: OpenAI): Send {
  return async (messages, stream, withTools) => {
    const request = { model: MODEL, messages: [...messages], ...(withTools ? { tools: TOOLS } : {}) };
    if (!stream) {
      const { data, response } = await client.chat.completions.create(request).withResponse();
      const message = data.choices[0]?.message;
      const tool = message?.tool_calls?.[0];
      const toolCall = tool?.type === 'function' ? tool.function.arguments : null;
      return { text: message?.content ?? '', toolCall, eventId: response.headers.get('x-weir-event') };
    }
    const { data, response } = await client.chat.completions.create({ ...request, stream: true }).withResponse();
    let text = '';
    let toolCall: string | null = null;
    for await (const chunk of data) {
      const delta = chunk.choices[0]?.delta;
      text += delta?.content ?? '';
      const part = delta?.tool_calls?.[0]?.function?.arguments;
      if (part !== undefined) toolCall = (toolCall ?? '') + part;
    }
    return { text, toolCall, eventId: response.headers.get('x-weir-event') };
  };
}

class BadRequestError extends Error {
  readonly headers: Headers;

  constructor(message: string, headers: Headers) {
    super(message);
    this.headers = headers;
  }
}

async function sendByFetch(
  messages: readonly ChatCompletionMessageParam[],
  stream: boolean,
  withTools: boolean,
): Promise<Answer> {
  const response = await countingFetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
    body: JSON.stringify({
      model: MODEL,
      messages,
      ...(stream ? { stream } : {}),
      ...(withTools ? { tools: TOOLS } : {}),
    }),
  });
  const eventId = response.headers.get('x-weir-event');
  const text = await response.text();
  if (!response.ok) {
    const { error } = JSON.parse(text) as { error: { message: string } };
    throw new BadRequestError(`${response.status} ${error.message}`, response.headers);
  }
  return { ...readSse(stream ? text : `data: ${text}\n\n`), eventId };
}

function commandOf(args: string): string {
  return (JSON.parse(args) as { command: string }).command;
}

function eventIdOf(error: unknown): string | null {
  const headers = typeof error === 'object' && error !== null && 'headers' in error ? error.headers : null;
  return headers instanceof Headers ? headers.get('x-weir-event') : null;
}

// Last, because what the calls need (a class among it) has to stand before they run.
await ask(1, 'a clean prompt', CLEAN, false);
await ask(2, 'a name and an e-mail address, streamed', LETTER, true);
await ask(3, 'a card number', PAYMENT, false);
await agentSession();
process.disconnect?.();
