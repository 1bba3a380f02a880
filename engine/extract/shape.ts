/**
 * Which provider's shape a message has: by its path where that is a provider's, else by its body, so that a host
 * nobody has heard of is no way round. It decides on names of keys alone, never on text (the method of JSON-RPC aside).
 */
import { get, itemsOf, type JsonNode, parseJson, textOf } from './json.ts';
import { isMcp } from './mcp-rpc.ts';
import { partialKeys } from './partial-json.ts';
import { shapeOfPath } from './shape-of-path.ts';

export { isStreamPath, modelOfPath, shapeOfPath } from './shape-of-path.ts';

/** `PROVIDER.API`; a host that speaks another provider's API has that one's shape. */
export type Shape =
  | 'openai.chat'
  | 'openai.responses'
  | 'openai.realtime'
  | 'openai.embeddings'
  | 'openai.completions'
  | 'openai.moderations'
  | 'openai.images'
  | 'openai.audio'
  | 'openai.files'
  | 'openai.batches'
  | 'openai.fine_tuning'
  | 'openai.assistants'
  | 'openai.conversations'
  | 'openai.web'
  | 'anthropic.messages'
  | 'anthropic.count_tokens'
  | 'anthropic.batches'
  | 'anthropic.web'
  | 'gemini.generate'
  | 'gemini.count_tokens'
  | 'gemini.embed'
  | 'gemini.predict'
  | 'gemini.code_assist'
  | 'gemini.web'
  | 'gemini.live'
  | 'amazon.q'
  | 'bedrock.converse'
  | 'bedrock.invoke'
  | 'cohere.chat'
  | 'cohere.chat_v2'
  | 'cohere.embed'
  | 'mistral.fim'
  | 'mistral.conversations'
  | 'mistral.ocr'
  | 'ollama.chat'
  | 'ollama.generate'
  | 'ollama.embed'
  | 'mcp.rpc';

/** The APIs whose answers name the conversation, by an id that the next request refers to. */
const SELF_NAMING: ReadonlySet<Shape> = new Set<Shape>([
  'openai.responses',
  'openai.assistants',
  'openai.conversations',
  'openai.web',
  'gemini.web',
  'mistral.conversations',
  'amazon.q',
]);

export function namesItself(shape: Shape | null): boolean {
  return shape !== null && SELF_NAMING.has(shape);
}

/** What besides the body tells shapes apart that look alike: Anthropic's messages and OpenAI's chat when plain. */
export interface ShapeHints {
  readonly host: string;
  readonly hasAnthropicVersion: boolean;
}

/** By a request's body that parsed. */
export function shapeOfRequest(bytes: Buffer, root: JsonNode, hints: ShapeHints): Shape | null {
  if (isMcp(bytes, root)) return 'mcp.rpc';
  if (root.kind !== 'object') return null;
  const has = (key: string): boolean => get(bytes, root, key) !== null;
  const messages = itemsOf(get(bytes, root, 'messages'));
  if (messages.some((message) => get(bytes, message, 'role') !== null)) {
    if (isConverse(bytes, root, messages)) return 'bedrock.converse';
    return isAnthropic(bytes, root, messages, hints) ? 'anthropic.messages' : 'openai.chat';
  }
  if (messages.some((message) => get(bytes, message, 'author') !== null)) return 'openai.web';
  const contents = get(bytes, root, 'contents');
  const turns = contents?.kind === 'object' ? [contents] : itemsOf(contents);
  if (turns.some((content) => get(bytes, content, 'parts') !== null)) return 'gemini.generate';
  if (get(bytes, get(bytes, root, 'content'), 'parts') !== null) return 'gemini.embed';
  if (get(bytes, get(bytes, root, 'request'), 'contents') !== null) return 'gemini.code_assist';
  const [batched] = itemsOf(get(bytes, root, 'requests'));
  if (batched !== undefined && get(bytes, get(bytes, batched, 'params'), 'messages') !== null) {
    return 'anthropic.batches';
  }
  if (batched !== undefined && get(bytes, get(bytes, batched, 'content'), 'parts') !== null) return 'gemini.embed';
  if (get(bytes, get(bytes, root, 'conversationState'), 'currentMessage') !== null) return 'amazon.q';
  const byKeys = shapeOfTopKeys(has);
  if (byKeys !== null) return byKeys;
  if (!has('model')) return null;
  const input = get(bytes, root, 'input');
  if (input === null) return null;
  if (itemsOf(input).some((item) => get(bytes, item, 'role') !== null || get(bytes, item, 'type') !== null)) {
    return 'openai.responses';
  }
  if (input.kind === 'array') return 'openai.embeddings';
  if (input.kind !== 'string') return null;
  return has('encoding_format') || has('dimensions') ? 'openai.embeddings' : 'openai.responses';
}

/** What stands beside a prompt in a request to a model and hardly ever elsewhere. */
const BESIDE_PROMPT = [
  'model',
  'max_tokens',
  'max_tokens_to_sample',
  'max_new_tokens',
  'max_gen_len',
  'n_predict',
  'temperature',
  'top_p',
];

/** Bodies that the names of their own keys tell; `has` asks for one of these. */
function shapeOfTopKeys(has: (key: string) => boolean): Shape | null {
  if (has('prompt') && BESIDE_PROMPT.some(has)) return 'openai.completions';
  if (has('prompt') && has('parent_message_uuid')) return 'anthropic.web';
  if (has('inputs') && has('parameters')) return 'openai.completions';
  if (has('inputText') && (has('textGenerationConfig') || has('dimensions'))) return 'bedrock.invoke';
  if (has('message') && (has('chat_history') || has('preamble') || has('model'))) return 'cohere.chat';
  if (has('texts') && (has('input_type') || has('model'))) return 'cohere.embed';
  if (has('query') && has('documents') && has('model')) return 'cohere.embed';
  if (has('inputs') && (has('agent_id') || has('completion_args'))) return 'mistral.conversations';
  return has('assistant_id') ? 'openai.assistants' : null;
}

/** By a response's body that parsed, or one event of its stream. */
export function shapeOfResponse(bytes: Buffer, root: JsonNode): Shape | null {
  if (isMcp(bytes, root)) return 'mcp.rpc';
  const node = root.kind === 'array' ? (root.items[0] ?? null) : root;
  if (node === null || node.kind !== 'object') return null;
  const has = (key: string): boolean => get(bytes, node, key) !== null;
  if (has('candidates')) return 'gemini.generate';
  if (has('choices')) return 'openai.chat';
  const type = textOf(bytes, get(bytes, node, 'type'));
  if (type?.startsWith('response.') === true) return 'openai.responses';
  if (type === 'message' || type?.startsWith('message_') === true || type?.startsWith('content_block_') === true) {
    return 'anthropic.messages';
  }
  const object = textOf(bytes, get(bytes, node, 'object'));
  if (object === 'response') return 'openai.responses';
  if (object?.startsWith('thread') === true) return 'openai.assistants';
  if (object?.startsWith('conversation') === true) return 'openai.conversations';
  if (has('done') && has('message')) return 'ollama.chat';
  if (has('done') && has('response')) return 'ollama.generate';
  if (get(bytes, get(bytes, node, 'response'), 'candidates') !== null) return 'gemini.code_assist';
  if (get(bytes, get(bytes, node, 'output'), 'message') !== null || has('contentBlockIndex')) return 'bedrock.converse';
  if (has('event_type')) return 'cohere.chat';
  if (has('conversation_id') && has('outputs')) return 'mistral.conversations';
  const data = itemsOf(get(bytes, node, 'data'))[0];
  return data !== undefined && get(bytes, data, 'embedding') !== null ? 'openai.embeddings' : null;
}

function isAnthropic(bytes: Buffer, root: JsonNode, messages: readonly JsonNode[], hints: ShapeHints): boolean {
  if (hints.hasAnthropicVersion || /(?:^|\.)(?:anthropic|claude)\.(?:com|ai)$/.test(hints.host)) return true;
  for (const key of ['system', 'anthropic_version', 'stop_sequences', 'thinking']) {
    if (get(bytes, root, key) !== null) return true;
  }
  return messages.some((message) =>
    itemsOf(get(bytes, message, 'content')).some((block) => {
      const type = textOf(bytes, get(bytes, block, 'type'));
      return (
        type === 'tool_use' || type === 'tool_result' || type === 'thinking' || get(bytes, block, 'source') !== null
      );
    }),
  );
}

/** Converse and Nova: blocks are told by their key (`{"text": …}`), where all others have a `type`. */
function isConverse(bytes: Buffer, root: JsonNode, messages: readonly JsonNode[]): boolean {
  if (get(bytes, root, 'inferenceConfig') !== null || get(bytes, root, 'toolConfig') !== null) return true;
  const [block] = messages.flatMap((message) => itemsOf(get(bytes, message, 'content')));
  if (block === undefined || block.kind !== 'object' || get(bytes, block, 'type') !== null) return false;
  return ['text', 'toolUse', 'toolResult', 'image', 'document'].some((key) => get(bytes, block, key) !== null);
}

/**
 * Whether a body of this content type may be spoken to a model in a provider's shape: JSON, under types too that a client
 * puts on it by accident (`curl -d` says that it is a form) and that lenient servers take; forms with files.
 */
export function maySpeak(contentType: string | null): boolean {
  return contentType === null || MAY_SPEAK.test(contentType);
}

const MAY_SPEAK =
  /json|^\s*(?:text\/(?!event-stream)|application\/(?:x-www-form-urlencoded|octet-stream)|multipart\/form-data|$)/i;

/**
 * The shape of a request that may have come only in part, for hosts nobody knows: `other` once it can be no
 * provider's, `undecided` while more bytes could still tell. Content codings must be undone before.
 */
export function shapeOfBody(
  path: string,
  contentType: string | null,
  bytes: Buffer,
  isComplete: boolean,
): Shape | 'other' | 'undecided' {
  const byPath = shapeOfPath(path);
  // A JSON body under a wrong or missing type is read as JSON by lenient servers; forms are what they say.
  if (/^\s*multipart\//i.test(contentType ?? '')) return byPath !== null && takesForms(byPath) ? byPath : 'other';
  if (bytes.length === 0 && !isComplete) return 'undecided';
  const keys = partialKeys(bytes);
  if (keys === null) return isComplete ? (shapeOfWhole(bytes) ?? 'other') : opensList(bytes) ? 'undecided' : 'other';
  const seen = shapeOfKeys(keys.names);
  if (seen !== null) return byPath !== null && byPath !== 'openai.embeddings' ? byPath : seen;
  if (!isComplete && !keys.complete) return 'undecided';
  const has = (key: string): boolean => keys.names.has(key);
  const byKeys = shapeOfTopKeys(has);
  if (byKeys !== null) return byPath ?? byKeys;
  if (has('model') && has('input')) {
    return byPath ?? (has('encoding_format') || has('dimensions') ? 'openai.embeddings' : 'openai.responses');
  }
  if (byPath !== null && isSure(byPath, has)) return byPath;
  return shapeOfWhole(bytes) ?? 'other';
}

/** The APIs that take files. */
function takesForms(shape: Shape): boolean {
  return shape === 'openai.files' || shape === 'openai.audio' || shape === 'openai.images' || shape === 'mistral.ocr';
}

/** Whether a path that might be anybody's (`/api/chat`, `/threads`) goes with a body of that provider. */
function isSure(shape: Shape, has: (key: string) => boolean): boolean {
  switch (shape) {
    case 'openai.chat':
    case 'ollama.chat':
      return has('messages');
    case 'anthropic.messages':
    case 'anthropic.count_tokens':
      return has('messages') && has('model');
    case 'openai.audio':
      return has('input') && has('voice');
    case 'openai.moderations':
    case 'ollama.embed':
    case 'openai.embeddings':
      return has('input');
    case 'openai.images':
    case 'ollama.generate':
      return has('prompt');
    case 'openai.batches':
      return has('input_file_id');
    case 'openai.fine_tuning':
      return has('training_file');
    case 'openai.assistants':
      return has('instructions') || (has('role') && has('content')) || has('thread') || has('tool_outputs');
    case 'gemini.predict':
      return has('instances');
    case 'gemini.generate':
    case 'gemini.count_tokens':
      return has('contents') || has('generateContentRequest');
    case 'bedrock.converse':
      return has('messages');
    case 'bedrock.invoke':
      return true;
    case 'openai.conversations':
      return has('items') || has('inputs');
    case 'mistral.ocr':
      return has('document');
    default:
      return false;
  }
}

function shapeOfWhole(bytes: Buffer): Shape | null {
  const root = parseJson(bytes);
  return root === null ? null : shapeOfRequest(bytes, root, { host: '', hasAnthropicVersion: false });
}

/** A list of calls (JSON-RPC batches): its keys are not gone through before it is whole. */
function opensList(bytes: Buffer): boolean {
  return /^(?:\xef\xbb\xbf)?\s*\[\s*(?:\{|$)/.test(bytes.toString('latin1', 0, 64));
}

/** Names as partial-json.ts gives them: `messages.role` for a key of an object in the list under `messages`. */
function shapeOfKeys(names: ReadonlySet<string>): Shape | null {
  if (names.has('messages.role')) {
    const anthropic = ['system', 'anthropic_version', 'stop_sequences', 'thinking'].some((key) => names.has(key));
    return anthropic ? 'anthropic.messages' : 'openai.chat';
  }
  if (names.has('messages.author')) return 'openai.web';
  if (names.has('contents.parts')) return 'gemini.generate';
  if (names.has('content.parts')) return 'gemini.embed';
  if (names.has('request.contents')) return 'gemini.code_assist';
  if (names.has('conversationState.currentMessage')) return 'amazon.q';
  return names.has('input.role') ? 'openai.responses' : null;
}
