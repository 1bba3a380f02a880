/**
 * What an event of a provider's stream adds to which text. A value or a token may be cut between two events, so
 * whoever searches or restores joins the deltas of one channel: one text that grows, such as the content of choice 0.
 * It recognises the provider by the event itself.
 */
import { markBlock } from './anthropic-messages.ts';
import { isBedrockEvent, readBedrockEvent } from './bedrock-events.ts';
import { readCohereEvent, readCohereLine } from './cohere-events.ts';
import { markParts } from './gemini-generate.ts';
import { readLiveEvent } from './gemini-live.ts';
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { readOllamaLine, readQEvent } from './line-events.ts';
import { treat } from './marks.ts';
import { markMcp } from './mcp-rpc.ts';
import { markReasoning } from './openai-chat.ts';
import { markItem } from './openai-responses.ts';
import { conversationIn, readChatPageEvent, readPageList } from './page-events.ts';
import { ASSISTANT, type Delta, NOTHING, rawOf, type StreamEvent, scalarsOf, trailing } from './stream-event.ts';
import { readAssistantsEvent } from './thread-events.ts';

export type { Delta, StreamEvent } from './stream-event.ts';

/** Reads one event's data and sets the zones of what must not be rewritten. */
export function readStreamEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  if (root.kind !== 'object') return root.kind === 'array' ? readPageList(bytes, root) : NOTHING;
  root.zone = ASSISTANT;
  const choices = get(bytes, root, 'choices');
  if (choices !== null) return chatEvent(bytes, root, choices);
  const candidates = get(bytes, root, 'candidates');
  if (candidates !== null) return geminiEvent(bytes, root, candidates, false);
  const type = textOf(bytes, get(bytes, root, 'type'));
  if (type !== null) return typedEvent(bytes, root, type);
  return untypedEvent(bytes, root);
}

function typedEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  if (type.startsWith('response.')) return responsesEvent(bytes, root, type);
  if (type.startsWith(TRANSCRIPTION)) return transcriptionEvent(bytes, root, type);
  if (type.startsWith('transcript.text.')) return transcriptEvent(bytes, root, type);
  if (type.startsWith('image_')) {
    // `image_generation.partial_image`, `image_edit.completed` …
    treat(get(bytes, root, 'b64_json'), ASSISTANT, 'media');
    return NOTHING;
  }
  if (/^(?:message|content|tool-call|tool-plan|citation)-/.test(type)) return readCohereEvent(bytes, root, type);
  if (/^(?:message\.output|function\.call|conversation\.response|agent|tool\.execution)\./.test(type)) {
    return conversationEvent(bytes, root, type);
  }
  return anthropicEvent(bytes, root, type);
}

/** Events that have no `type`: they are told by their other keys. */
function untypedEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  if (get(bytes, root, 'jsonrpc') !== null) {
    // Messages of MCP come whole.
    markMcp(bytes, root);
    return NOTHING;
  }
  const response = get(bytes, root, 'response');
  const candidates = get(bytes, response, 'candidates');
  if (response !== null && candidates !== null) return geminiEvent(bytes, response, candidates, true);
  if (get(bytes, root, 'done') !== null) return readOllamaLine(bytes, root);
  if (textOf(bytes, get(bytes, root, 'object'))?.startsWith('thread') === true) return readAssistantsEvent(bytes, root);
  if (get(bytes, root, 'event_type') !== null) return readCohereLine(bytes, root);
  if (get(bytes, root, 'v') !== null) return readChatPageEvent(bytes, root);
  const live = readLiveEvent(bytes, root);
  if (live !== null) return live;
  if (isBedrockEvent(bytes, root)) return readBedrockEvent(bytes, root);
  if (root.keys.length <= 3 && get(bytes, root, 'content')?.kind === 'string') return readQEvent(bytes, root);
  const responseId = conversationIn(bytes, root);
  return { ...NOTHING, closes: get(bytes, root, 'error') === null ? [] : [''], responseId };
}

/** Sound, in base64. */
const AUDIO_DELTAS: ReadonlySet<string> = new Set(['response.audio.delta', 'response.output_audio.delta']);

/** Strings of a chat delta that are appended to each other. */
const CHAT_TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;

function chatEvent(bytes: Buffer, root: JsonNode, choices: JsonNode): StreamEvent {
  const deltas: Delta[] = [];
  const closes: string[] = [];
  itemsOf(choices).forEach((choice, at) => {
    const index = rawOf(bytes, get(bytes, choice, 'index')) ?? String(at);
    const add = (key: string, node: JsonNode | null, form: Delta['form'], wrap: (text: string) => string) => {
      if (node === null || node.kind !== 'string') return;
      const replay = (text: string) =>
        `{${scalarsOf(bytes, root)}"choices":[{"index":${index},${wrap(JSON.stringify(text))},"finish_reason":null}]}`;
      deltas.push({ channel: `chat:${index}:${key}`, path: `/choices/${index}/${key}`, form, node, replay });
    };
    add('text', get(bytes, choice, 'text'), 'text', (text) => `"text":${text}`);
    const delta = get(bytes, choice, 'delta');
    if (delta !== null) markReasoning(bytes, delta, ASSISTANT);
    for (const key of CHAT_TEXTS) {
      const node = get(bytes, delta, key);
      add(`delta/${key}`, node, 'text', (text) => `"delta":{"${key}":${text}}`);
      // Mistral's content may be a list of parts.
      for (const part of itemsOf(node)) {
        const wrap = (text: string) => `"delta":{"${key}":[{"type":"text","text":${text}}]}`;
        add(`delta/${key}/text`, get(bytes, part, 'text'), 'text', wrap);
      }
    }
    const transcript = get(bytes, get(bytes, delta, 'audio'), 'transcript');
    add('delta/audio/transcript', transcript, 'text', (text) => `"delta":{"audio":{"transcript":${text}}}`);
    const legacy = get(bytes, get(bytes, delta, 'function_call'), 'arguments');
    add('delta/function_call/arguments', legacy, 'json', (text) => `"delta":{"function_call":{"arguments":${text}}}`);
    itemsOf(get(bytes, delta, 'tool_calls')).forEach((call, position) => {
      const number = rawOf(bytes, get(bytes, call, 'index')) ?? String(position);
      const base = `delta/tool_calls/${number}`;
      const wrap = (inner: string) => `"delta":{"tool_calls":[{"index":${number},${inner}}]}`;
      add(`${base}/function/arguments`, get(bytes, get(bytes, call, 'function'), 'arguments'), 'json', (text) =>
        wrap(`"function":{"arguments":${text}}`),
      );
      add(`${base}/custom/input`, get(bytes, get(bytes, call, 'custom'), 'input'), 'text', (text) =>
        wrap(`"custom":{"input":${text}}`),
      );
    });
    if (get(bytes, choice, 'finish_reason')?.kind === 'string') closes.push(`chat:${index}:`);
  });
  return { deltas, closes, responseId: null };
}

function responsesEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  const response = get(bytes, root, 'response');
  for (const item of itemsOf(get(bytes, response, 'output'))) markItem(bytes, item, ASSISTANT);
  const item = get(bytes, root, 'item');
  if (item !== null) markItem(bytes, item, ASSISTANT);
  const responseId = textOf(bytes, get(bytes, response, 'id'));
  // Over a WebSocket several responses may stream at once; elsewhere nothing tells them apart, nor need it.
  const lane = textOf(bytes, get(bytes, root, 'response_id')) ?? textOf(bytes, get(bytes, root, 'stream_id')) ?? '';
  const output = rawOf(bytes, get(bytes, root, 'output_index')) ?? '0';
  const node = get(bytes, root, 'delta');
  if (AUDIO_DELTAS.has(type)) {
    treat(node, ASSISTANT, 'media');
    return { deltas: [], closes: [], responseId };
  }
  if (type.endsWith('.delta') && node?.kind === 'string') {
    const inner = ['content_index', 'summary_index', 'command_index'].map((key) => rawOf(bytes, get(bytes, root, key)));
    const place = inner.find((value) => value !== null) ?? '0';
    const replay = (text: string) => `{${scalarsOf(bytes, root, 'delta')}"delta":${JSON.stringify(text)}}`;
    const name = type.slice('response.'.length, -'.delta'.length);
    const form = type.includes('arguments') ? 'json' : 'text';
    const channel = `resp:${lane}:${output}:${place}:${name}`;
    return {
      deltas: [{ channel, path: `/output/${output}/${name}/${place}`, form, node, replay }],
      closes: [],
      responseId,
    };
  }
  if (type === 'response.completed' || type === 'response.failed' || type === 'response.incomplete') {
    return { deltas: [], closes: [lane === '' ? '' : `resp:${lane}:`], responseId };
  }
  // The end of a realtime session's response, which names the response itself.
  if (type === 'response.done') return { deltas: [], closes: [`resp:${responseId ?? lane}:`], responseId };
  return { deltas: [], closes: type.endsWith('.done') ? [`resp:${lane}:${output}:`] : [], responseId };
}

/** OpenAI's transcription as it goes on. */
function transcriptEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  const node = get(bytes, root, 'delta');
  if (node === null || node.kind !== 'string') return { ...NOTHING, closes: type.endsWith('.done') ? [''] : [] };
  const replay = (text: string) => `{${scalarsOf(bytes, root, 'delta')}"delta":${JSON.stringify(text)}}`;
  return { ...NOTHING, deltas: [{ channel: 'transcript', path: '/text', form: 'text', node, replay }] };
}

/** Mistral's conversations of agents. */
function conversationEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  const responseId = textOf(bytes, get(bytes, root, 'conversation_id'));
  const output = rawOf(bytes, get(bytes, root, 'output_index')) ?? '0';
  const isCall = type === 'function.call.delta';
  const key = isCall ? 'arguments' : 'content';
  const node = get(bytes, root, key);
  const part = node?.kind === 'object' ? get(bytes, node, 'text') : null;
  if ((type !== 'message.output.delta' && !isCall) || (node?.kind !== 'string' && part?.kind !== 'string')) {
    return { deltas: [], closes: type.endsWith('.done') || type.endsWith('.error') ? [''] : [], responseId };
  }
  const replay = (text: string) =>
    part === null
      ? `{${scalarsOf(bytes, root, key)}"${key}":${JSON.stringify(text)}}`
      : `{${scalarsOf(bytes, root)}"content":{"type":"text","text":${JSON.stringify(text)}}}`;
  const delta: Delta = {
    channel: `mistral:${output}:${key}`,
    path: `/outputs/${output}/${key}`,
    form: isCall ? 'json' : 'text',
    node: part ?? (node as JsonNode),
    replay,
  };
  return { deltas: [delta], closes: [], responseId };
}

const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';

/** What a realtime session has heard the user say. */
function transcriptionEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  const item = textOf(bytes, get(bytes, root, 'item_id')) ?? '';
  const place = rawOf(bytes, get(bytes, root, 'content_index')) ?? '0';
  const channel = `heard:${item}:${place}:`;
  const node = get(bytes, root, 'delta');
  if (!type.endsWith('.delta') || node?.kind !== 'string') {
    return /\.(?:completed|failed)$/.test(type) ? { ...NOTHING, closes: [channel] } : NOTHING;
  }
  const replay = (text: string) => `{${scalarsOf(bytes, root, 'delta')}"delta":${JSON.stringify(text)}}`;
  return { ...NOTHING, deltas: [{ channel, path: `/input/${place}/transcript`, form: 'text', node, replay }] };
}

function anthropicEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  const index = rawOf(bytes, get(bytes, root, 'index')) ?? '0';
  switch (type) {
    case 'content_block_start': {
      const block = get(bytes, root, 'content_block');
      if (block !== null) markBlock(bytes, block, ASSISTANT);
      return NOTHING;
    }
    case 'content_block_delta': {
      const delta = get(bytes, root, 'delta');
      const kind = textOf(bytes, get(bytes, delta, 'type')) ?? '';
      const key = ANTHROPIC_DELTAS[kind];
      const node = key === undefined ? null : get(bytes, delta, key.name);
      if (key === undefined || node === null || node.kind !== 'string') return NOTHING;
      const replay = (text: string) =>
        `{"type":"content_block_delta","index":${index},"delta":{"type":"${kind}","${key.name}":${JSON.stringify(text)}}}`;
      const channel = `anth:${index}:${kind}`;
      return { ...NOTHING, deltas: [{ channel, path: `/content/${index}/${key.name}`, form: key.form, node, replay }] };
    }
    // The older API, and the page of Claude.
    case 'completion': {
      const node = get(bytes, root, 'completion');
      const closes = get(bytes, root, 'stop_reason')?.kind === 'string' ? [''] : [];
      if (node === null || node.kind !== 'string') return { ...NOTHING, closes };
      const replay = (text: string) => `{${scalarsOf(bytes, root, 'completion')}"completion":${JSON.stringify(text)}}`;
      return {
        ...NOTHING,
        deltas: [{ channel: 'anth:completion', path: '/completion', form: 'text', node, replay }],
        closes,
      };
    }
    case 'content_block_stop':
      return { ...NOTHING, closes: [`anth:${index}:`] };
    case 'message_delta':
    case 'message_stop':
    case 'error':
      return { ...NOTHING, closes: [''] };
    default:
      return { ...NOTHING, responseId: conversationIn(bytes, root) };
  }
}

const ANTHROPIC_DELTAS: Readonly<Record<string, { readonly name: string; readonly form: Delta['form'] } | undefined>> =
  {
    __proto__: null as never,
    text_delta: { name: 'text', form: 'text' },
    input_json_delta: { name: 'partial_json', form: 'json' },
    thinking_delta: { name: 'thinking', form: 'signed' },
    signature_delta: { name: 'signature', form: 'signed' },
  };

/** `isWrapped`: Code Assist has all of it under `response`. */
function geminiEvent(bytes: Buffer, root: JsonNode, candidates: JsonNode, isWrapped: boolean): StreamEvent {
  const deltas: Delta[] = [];
  const closes: string[] = [];
  itemsOf(candidates).forEach((candidate, at) => {
    const index = rawOf(bytes, get(bytes, candidate, 'index')) ?? String(at);
    const parts = get(bytes, get(bytes, candidate, 'content'), 'parts');
    if (parts !== null) markParts(bytes, parts, ASSISTANT);
    for (const part of itemsOf(parts)) {
      const node = get(bytes, part, 'text');
      if (node === null || node.kind !== 'string') continue;
      const isThought = rawOf(bytes, get(bytes, part, 'thought')) === 'true';
      const replay = (text: string) => {
        const event = `{"candidates":[{"content":{"parts":[{"text":${JSON.stringify(text)}${isThought ? ',"thought":true' : ''}}],"role":"model"},"index":${index}}]${trailing(scalarsOf(bytes, root))}}`;
        return isWrapped ? `{"response":${event}}` : event;
      };
      const name = isThought ? 'thought' : 'text';
      const channel = `gem:${index}:${name}`;
      deltas.push({ channel, path: `/candidates/${index}/content/${name}`, form: 'text', node, replay });
    }
    if (get(bytes, candidate, 'finishReason')?.kind === 'string') closes.push(`gem:${index}:`);
  });
  return { deltas, closes, responseId: null };
}
