/**
 * Which provider's shape a message has: by its path where that is a provider's, else by its body, so that a host
 * nobody has heard of is no way round. It decides on names of keys alone, never on text.
 */
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { partialKeys } from './partial-json.ts';

export type Shape =
  | 'openai.chat'
  | 'openai.responses'
  | 'openai.realtime'
  | 'openai.embeddings'
  | 'anthropic.messages'
  | 'gemini.generate';

/** What besides the body tells Anthropic's messages from OpenAI's chat, which look alike when plain. */
export interface ShapeHints {
  readonly host: string;
  readonly hasAnthropicVersion: boolean;
}

const GEMINI_PATH = /\/(?:models|endpoints)\/[^/?]+:(?:generateContent|streamGenerateContent|countTokens)$/;

/** By the path alone (query and escapes aside); null where it is no provider's. */
export function shapeOfPath(target: string): Shape | null {
  const query = target.indexOf('?');
  const path = (query === -1 ? target : target.slice(0, query)).replace(/\/+$/, '');
  if (path.endsWith('/chat/completions')) return 'openai.chat';
  if (path.endsWith('/embeddings')) return 'openai.embeddings';
  if (path.endsWith('/responses') || path.endsWith('/responses/compact')) return 'openai.responses';
  if (/\/v1\/realtime$|\/openai\/realtime$/.test(path)) return 'openai.realtime';
  if (/\/v1\/messages(?:\/count_tokens)?$/.test(path)) return 'anthropic.messages';
  return GEMINI_PATH.test(path) ? 'gemini.generate' : null;
}

/** The model that Gemini's path or the query of a realtime session names, percent-escapes undone; null where there is none. */
export function modelOfPath(target: string): string | null {
  const match =
    /\/(?:models|endpoints)\/([^/?:]+):[A-Za-z]+(?:\?|$)/.exec(target) ??
    /\/realtime\?(?:[^#]*&)?(?:model|deployment)=([^&#]+)/.exec(target);
  if (match?.[1] === undefined) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return match[1];
  }
}

/** By a request's body that parsed. */
export function shapeOfRequest(bytes: Buffer, root: JsonNode, hints: ShapeHints): Shape | null {
  if (root.kind !== 'object') return null;
  const messages = itemsOf(get(bytes, root, 'messages'));
  if (messages.some((message) => get(bytes, message, 'role') !== null)) {
    return isAnthropic(bytes, root, messages, hints) ? 'anthropic.messages' : 'openai.chat';
  }
  const contents = get(bytes, root, 'contents');
  const turns = contents?.kind === 'object' ? [contents] : itemsOf(contents);
  if (turns.some((content) => get(bytes, content, 'parts') !== null)) return 'gemini.generate';
  if (get(bytes, root, 'model') === null) return null;
  const input = get(bytes, root, 'input');
  if (input === null) return null;
  if (itemsOf(input).some((item) => get(bytes, item, 'role') !== null || get(bytes, item, 'type') !== null)) {
    return 'openai.responses';
  }
  if (input.kind === 'array') return 'openai.embeddings';
  if (input.kind !== 'string') return null;
  const embeds = get(bytes, root, 'encoding_format') !== null || get(bytes, root, 'dimensions') !== null;
  return embeds ? 'openai.embeddings' : 'openai.responses';
}

/** By a response's body that parsed, or one event of its stream. */
export function shapeOfResponse(bytes: Buffer, root: JsonNode): Shape | null {
  const node = root.kind === 'array' ? (root.items[0] ?? null) : root;
  if (node === null || node.kind !== 'object') return null;
  if (get(bytes, node, 'candidates') !== null) return 'gemini.generate';
  if (get(bytes, node, 'choices') !== null) return 'openai.chat';
  const type = textOf(bytes, get(bytes, node, 'type'));
  if (type?.startsWith('response.') === true) return 'openai.responses';
  if (type === 'message' || type?.startsWith('message_') === true || type?.startsWith('content_block_') === true) {
    return 'anthropic.messages';
  }
  const object = textOf(bytes, get(bytes, node, 'object'));
  if (object === 'response') return 'openai.responses';
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
  // A JSON body under a wrong or missing type is read as JSON by lenient servers; forms are what they say.
  if (/^\s*multipart\//i.test(contentType ?? '')) return 'other';
  const keys = partialKeys(bytes);
  if (keys === null) return 'other';
  const byPath = shapeOfPath(path);
  const seen = shapeOfKeys(keys.names);
  if (seen !== null) {
    if (byPath !== null && byPath !== 'openai.embeddings') return byPath;
    return seen;
  }
  if (!isComplete && !keys.complete) return 'undecided';
  const input = keys.names.has('model') && keys.names.has('input');
  if (input)
    return (
      byPath ??
      (keys.names.has('encoding_format') || keys.names.has('dimensions') ? 'openai.embeddings' : 'openai.responses')
    );
  return byPath === 'openai.chat' && keys.names.has('messages') ? byPath : 'other';
}

/** Names as partial-json.ts gives them: `messages.role` for a key of an object in the list under `messages`. */
function shapeOfKeys(names: ReadonlySet<string>): Shape | null {
  if (names.has('messages.role')) {
    const anthropic = ['system', 'anthropic_version', 'stop_sequences', 'thinking'].some((key) => names.has(key));
    return anthropic ? 'anthropic.messages' : 'openai.chat';
  }
  if (names.has('contents.parts')) return 'gemini.generate';
  return names.has('input.role') ? 'openai.responses' : null;
}
