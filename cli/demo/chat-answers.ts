/**
 * Chat completions as OpenAI answers them, whole and streamed, for the stand-in. The text is cut into deltas of a few
 * characters, as real models cut theirs, so that a pseudonym rarely arrives in one piece.
 */
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';

/** What the model says in one turn: text, or one call of a tool with its arguments as JSON text. */
export type ModelTurn =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly args: string };

/** The fields of a request that an answer depends on; everything else is ignored. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly hasTools: boolean;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
}

/** Reads a chat request leniently: what is not there is empty. */
export function readChatRequest(body: Buffer): ChatRequest {
  const parsed = record(JSON.parse(body.toString('utf8')));
  const messages = Array.isArray(parsed['messages']) ? parsed['messages'].map(record) : [];
  return {
    model: String(parsed['model'] ?? ''),
    stream: parsed['stream'] === true,
    hasTools: Array.isArray(parsed['tools']),
    messages: messages.map((message) => ({ role: String(message['role']), text: textOf(message['content']) })),
  };
}

/** The text of a content that is a string or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => String(record(part)['text'] ?? '')).join('');
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** A whole answer. */
export function chatCompletion(turn: ModelTurn, model: string): ChatCompletion {
  const message =
    turn.kind === 'text'
      ? { role: 'assistant' as const, content: turn.text, refusal: null }
      : { role: 'assistant' as const, content: null, refusal: null, tool_calls: [toolCall(turn)] };
  return {
    id: 'chatcmpl-standin',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: turn.kind === 'text' ? 'stop' : 'tool_calls' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

/** The same as server-sent events, ready to be written one by one; deltas of `cut` characters. */
export function chatCompletionEvents(turn: ModelTurn, model: string, cut: number): string[] {
  const chunk = (delta: ChatCompletionChunk.Choice.Delta, finish: 'stop' | 'tool_calls' | null = null): string => {
    const data: ChatCompletionChunk = {
      id: 'chatcmpl-standin',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    };
    return `data: ${JSON.stringify(data)}\n\n`;
  };
  const events =
    turn.kind === 'text'
      ? [
          chunk({ role: 'assistant', content: '' }),
          ...pieces(turn.text, cut).map((content) => chunk({ content })),
          chunk({}, 'stop'),
        ]
      : [
          chunk({
            role: 'assistant',
            content: null,
            tool_calls: [{ ...toolCall(turn), index: 0, function: { name: turn.name, arguments: '' } }],
          }),
          ...pieces(turn.args, cut).map((part) => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] })),
          chunk({}, 'tool_calls'),
        ];
  return [...events, 'data: [DONE]\n\n'];
}

/** The text in pieces of `size` UTF-16 code units, never inside a surrogate pair. */
export function pieces(text: string, size: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = /[\uD800-\uDBFF]/.test(text.charAt(at + size - 1)) ? at + size + 1 : at + size;
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

function toolCall(turn: { readonly name: string; readonly args: string }) {
  return { id: 'call_standin', type: 'function' as const, function: { name: turn.name, arguments: turn.args } };
}
