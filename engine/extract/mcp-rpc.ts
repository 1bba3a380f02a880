/**
 * The Model Context Protocol over HTTP: JSON-RPC 2.0 messages, https://modelcontextprotocol.io/specification. A client
 * sends what its model wrote (arguments of a call: role `assistant`), a server gives results (role `tool`). A server may
 * ask for a sampling, which holds a conversation. Sets zones; reads no text itself.
 */
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Marks, NO_TEXT, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, type Zone, zone } from './zone.ts';

const METHODS =
  /^(?:initialize|ping|(?:tools|resources|prompts|completion|logging|sampling|roots|elicitation|notifications|tasks)\/[A-Za-z_/]+)$/;

/** Whether a body is MCP's: a call by its method, an answer by the names of its result. */
export function isMcp(bytes: Buffer, root: JsonNode): boolean {
  const first = root.kind === 'array' ? root.items[0] : root;
  if (first === undefined || first.kind !== 'object' || get(bytes, first, 'jsonrpc') === null) return false;
  const method = get(bytes, first, 'method');
  if (method !== null) return METHODS.test(textOf(bytes, method) ?? '');
  const result = get(bytes, first, 'result');
  if (result === null) return false;
  return RESULTS.some((key) => get(bytes, result, key) !== null);
}

const RESULTS = [
  'content',
  'structuredContent',
  'contents',
  'messages',
  'tools',
  'resources',
  'resourceTemplates',
  'prompts',
  'protocolVersion',
  'roots',
  'completion',
] as const;

/** One message or several; which way it goes does not matter, since servers call clients too. */
export function markMcp(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const messages = root.kind === 'array' ? root.items : [root];
  for (const message of messages) {
    message.zone = METADATA;
    markCall(bytes, message);
    const result = get(bytes, message, 'result');
    if (result !== null) markResult(bytes, result);
    // What went wrong at the server is said in its words.
    for (const error of getAll(bytes, message, 'error')) error.zone = zone('tool', 'latest');
  }
  const first = messages[0] ?? null;
  const id = get(bytes, first, 'id');
  return {
    rpcMethod: textOf(bytes, get(bytes, first, 'method')),
    conversationId: null,
    firstUserText: NO_TEXT,
    callId: id === null ? null : bytes.toString('utf8', id.start, id.end),
  };
}

function markCall(bytes: Buffer, message: JsonNode): void {
  const params = get(bytes, message, 'params');
  if (params === null) return;
  const method = textOf(bytes, get(bytes, message, 'method'));
  if (method === 'sampling/createMessage') return markSampling(bytes, params);
  const said: Zone =
    method?.startsWith('notifications/') === true ? zone('tool', 'latest') : zone('assistant', 'latest');
  for (const key of ['arguments', 'argument', 'message', 'data', 'requestedSchema']) {
    for (const node of getAll(bytes, params, key)) node.zone = said;
  }
}

function markSampling(bytes: Buffer, params: JsonNode): void {
  for (const system of getAll(bytes, params, 'systemPrompt')) system.zone = SYSTEM;
  markTurns(
    itemsOf(get(bytes, params, 'messages')),
    (turn) => (textOf(bytes, get(bytes, turn, 'role')) === 'assistant' ? 'assistant' : 'user'),
    (turn, _role, around) => markContent(bytes, get(bytes, turn, 'content'), around),
  );
}

function markResult(bytes: Buffer, result: JsonNode): void {
  const tool = zone('tool', 'latest');
  // Of a sampling's answer the model is the speaker.
  const isSampled = get(bytes, result, 'role') !== null && get(bytes, result, 'model') !== null;
  const around = isSampled ? zone('assistant', 'latest') : tool;
  for (const key of ['content', 'structuredContent', 'contents']) {
    for (const node of getAll(bytes, result, key)) {
      node.zone = around;
      markContent(bytes, node, around);
    }
  }
  for (const messages of getAll(bytes, result, 'messages')) {
    messages.zone = zone('user', 'latest');
    for (const message of itemsOf(messages)) markContent(bytes, get(bytes, message, 'content'), messages.zone);
  }
}

/** Content blocks: text, images and sounds in base64, resources with their text or bytes. */
function markContent(bytes: Buffer, content: JsonNode | null, around: Zone): void {
  const blocks = content === null || content.kind !== 'array' ? [content] : content.items;
  for (const block of blocks) {
    treat(get(bytes, block, 'data'), around, 'media');
    treat(get(bytes, block, 'blob'), around, 'media');
    treat(get(bytes, get(bytes, block, 'resource'), 'blob'), around, 'media');
  }
}
