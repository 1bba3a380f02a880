/** What a request's path alone tells: the shape, the model, whether a stream was asked for. Escapes are undone in models only. */
import type { Shape } from './shape.ts';

/** The path without its query and without slashes at its end. */
function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}

/** By the path alone (query and escapes aside); null where it is no provider's, or several providers'. */
export function shapeOfPath(target: string): Shape | null {
  const path = pathOf(target);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const known = LAST.get(last);
  if (known !== undefined) {
    const shape = known(path);
    if (shape !== null) return shape;
  }
  if (last.includes(':')) return ofMethod(path, last.slice(last.lastIndexOf(':') + 1));
  if (/\/(?:v1|openai|v1beta)\/(?:assistants|threads)(?:\/|$)/.test(path)) return 'openai.assistants';
  if (/\/v1\/conversations(?:\/conv_[^/]+(?:\/items)?)?$/.test(path)) return 'openai.conversations';
  if (/\/v1\/fine_tuning\/jobs(?:\/|$)/.test(path)) return 'openai.fine_tuning';
  return /\/v1\/files\/[^/]+\/content$/.test(path) ? 'openai.files' : null;
}

type OfPath = (path: string) => Shape | null;

function only(shape: Shape, pattern: RegExp): OfPath {
  return (path) => (pattern.test(path) ? shape : null);
}

/** By the last segment of a path. */
const LAST: ReadonlyMap<string, OfPath> = new Map<string, OfPath>([
  [
    'completions',
    (path) => {
      if (path.endsWith('/chat/completions') || path.endsWith('/agents/completions')) return 'openai.chat';
      return path.endsWith('/fim/completions') ? 'mistral.fim' : 'openai.completions';
    },
  ],
  ['embeddings', (path) => (path.endsWith('/api/embeddings') ? 'ollama.embed' : 'openai.embeddings')],
  ['responses', () => 'openai.responses'],
  ['compact', only('openai.responses', /\/responses\/compact$/)],
  ['input_tokens', only('openai.responses', /\/responses\/input_tokens$/)],
  [
    'messages',
    (path) => {
      if (path.endsWith('/v1/messages')) return 'anthropic.messages';
      return /\/threads\/[^/]+\/messages$/.test(path) ? 'openai.assistants' : null;
    },
  ],
  ['count_tokens', only('anthropic.count_tokens', /\/v1\/messages\/count_tokens$/)],
  ['batches', (path) => (path.endsWith('/messages/batches') ? 'anthropic.batches' : 'openai.batches')],
  ['results', only('anthropic.batches', /\/messages\/batches\/[^/]+\/results$/)],
  ['realtime', only('openai.realtime', /\/(?:v1|openai)\/realtime$/)],
  ['moderations', () => 'openai.moderations'],
  ['generations', only('openai.images', /\/images\/generations$/)],
  ['edits', only('openai.images', /\/images\/edits$/)],
  ['variations', only('openai.images', /\/images\/variations$/)],
  ['speech', only('openai.audio', /\/audio\/speech$/)],
  ['transcriptions', only('openai.audio', /\/audio\/transcriptions$/)],
  ['translations', only('openai.audio', /\/audio\/translations$/)],
  ['files', only('openai.files', /\/(?:v1|openai|v1beta)\/files$/)],
  ['parts', only('openai.files', /\/uploads\/[^/]+\/parts$/)],
  ['ocr', only('mistral.ocr', /\/v1\/ocr$/)],
  [
    'chat',
    (path) => {
      if (path.endsWith('/api/chat')) return 'ollama.chat';
      return path.endsWith('/v2/chat') ? 'cohere.chat_v2' : path.endsWith('/v1/chat') ? 'cohere.chat' : null;
    },
  ],
  ['generate', only('ollama.generate', /\/api\/generate$/)],
  [
    'embed',
    (path) => (path.endsWith('/api/embed') ? 'ollama.embed' : /\/v[12]\/embed$/.test(path) ? 'cohere.embed' : null),
  ],
  ['rerank', only('cohere.embed', /\/v[12]\/rerank$/)],
  ['converse', only('bedrock.converse', /\/model\/[^/]+\/converse$/)],
  ['converse-stream', only('bedrock.converse', /\/model\/[^/]+\/converse-stream$/)],
  ['invoke', only('bedrock.invoke', /\/model\/[^/]+\/invoke$/)],
  ['invoke-with-response-stream', only('bedrock.invoke', /\/model\/[^/]+\/invoke-with-response-stream$/)],
  ['conversation', only('openai.web', /\/backend-(?:api|anon)\/(?:f\/)?conversation$/)],
  ['completion', only('anthropic.web', /\/chat_conversations\/[^/]+\/completion$/)],
  ['retry_completion', only('anthropic.web', /\/chat_conversations\/[^/]+\/retry_completion$/)],
  ['StreamGenerate', only('gemini.web', /\/BardChatUi\/data\/[^/]+\/StreamGenerate$/)],
  ['BidiGenerateContent', () => 'gemini.live'],
  ['BidiGenerateContentConstrained', () => 'gemini.live'],
  ['batchexecute', only('gemini.web', /\/BardChatUi\/data\/batchexecute$/)],
]);

/** Google's custom methods: `/models/MODEL:METHOD`, `/v1internal:METHOD`. */
function ofMethod(path: string, method: string): Shape | null {
  if (/\/v1internal:(?:generateContent|streamGenerateContent|countTokens)$/.test(path)) return 'gemini.code_assist';
  if (!/\/(?:models|endpoints|tunedModels|dynamic)\/[^/]+$/.test(path)) return null;
  switch (method) {
    case 'generateContent':
    case 'streamGenerateContent':
      return 'gemini.generate';
    case 'countTokens':
      return 'gemini.count_tokens';
    case 'embedContent':
    case 'batchEmbedContents':
      return 'gemini.embed';
    case 'predict':
      return 'gemini.predict';
    case 'rawPredict':
    case 'streamRawPredict':
      if (path.includes('/publishers/anthropic/models/count-tokens:')) return 'anthropic.count_tokens';
      if (path.includes('/publishers/anthropic/')) return 'anthropic.messages';
      return path.includes('/publishers/mistralai/') ? 'openai.chat' : null;
    default:
      return null;
  }
}

const MODEL_IN_PATH: readonly RegExp[] = [
  // Gemini and Vertex; the method stands behind a colon.
  /\/(?:models|endpoints|tunedModels)\/([^/?:]+):[A-Za-z]+(?:\?|$)/,
  // Bedrock; a model's id may be an ARN with its slashes escaped.
  /\/model\/([^/?]+)\/(?:converse|invoke|count-tokens)/,
  // Azure OpenAI and older OpenAI paths.
  /\/(?:deployments|engines)\/([^/?]+)\//,
  // A realtime session.
  /\/realtime\?(?:[^#]*&)?(?:model|deployment)=([^&#]+)/,
];

/** The model that a path, or the query of a realtime session, names, percent-escapes undone; null where there is none. */
export function modelOfPath(target: string): string | null {
  for (const pattern of MODEL_IN_PATH) {
    const found = pattern.exec(target)?.[1];
    if (found === undefined) continue;
    try {
      return decodeURIComponent(found);
    } catch {
      return found;
    }
  }
  return null;
}

/** Whether the path itself asks for a stream. */
export function isStreamPath(target: string): boolean {
  return /:stream(?:GenerateContent|RawPredict)|\/converse-stream|\/invoke-with-response-stream|\/chat_conversations\/[^/]+\/(?:retry_)?completion|\/backend-(?:api|anon)\/(?:f\/)?conversation/.test(
    pathOf(target),
  );
}

/** The conversation that a path names: a thread, a conversation, a chat of Claude's page, an agent's session. */
export function conversationOfPath(target: string): string | null {
  const found =
    /\/threads\/(thread_[A-Za-z0-9]{1,64})/.exec(target) ??
    /\/conversations\/(conv_[A-Za-z0-9]{1,64})/.exec(target) ??
    /\/chat_conversations\/([0-9a-f-]{36})(?:\/|$|\?)/.exec(target) ??
    /\/agentAliases\/[^/]+\/sessions\/([^/?]{1,100})\//.exec(target);
  return found?.[1] ?? null;
}
