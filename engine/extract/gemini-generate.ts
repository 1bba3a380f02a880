/**
 * Gemini generateContent and streamGenerateContent, also at Vertex AI:
 * https://ai.google.dev/api/generate-content. Sets zones; reads no text itself. The API takes camelCase and
 * snake_case alike, as protobuf's JSON mapping does.
 */
import type { Position, Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { positionsOf } from './turns.ts';
import { METADATA, SYSTEM, type Zone, zone } from './zone.ts';

/** `contents` of roles `user`, `model` and `function`, and `systemInstruction`. */
export function markGenerateRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['systemInstruction', 'system_instruction']) {
    for (const system of getAll(bytes, root, key)) system.zone = SYSTEM;
  }
  const userContents: JsonNode[] = [];
  for (const contents of getAll(bytes, root, 'contents')) markContents(bytes, contents, userContents);
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** Sets the zones of a list of turns, and gathers what users say in them. */
export function markContents(bytes: Buffer, contents: JsonNode, userContents: JsonNode[]): void {
  // A single content may stand without its list.
  const turns = contents.kind === 'object' ? [contents] : itemsOf(contents);
  const roles = turns.map((content) => roleOf(textOf(bytes, get(bytes, content, 'role'))));
  const positions = positionsOf(roles.map((role) => (role === 'assistant' ? 'assistant' : 'asks')));
  turns.forEach((content, i) => {
    const role = roles[i] as Role;
    content.zone = zone(role, positions[i] as Position);
    for (const parts of getAll(bytes, content, 'parts')) {
      if (role === 'user') userContents.push(parts);
      markParts(bytes, parts, content.zone);
    }
  });
}

/** `candidates`; of a streamed JSON array, each of its items. */
export function markGenerateResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const item of root.kind === 'array' ? itemsOf(root) : [root]) {
    for (const candidate of itemsOf(get(bytes, item, 'candidates'))) {
      const content = get(bytes, candidate, 'content');
      if (content === null) continue;
      content.zone = zone('assistant', 'latest');
      for (const parts of getAll(bytes, content, 'parts')) markParts(bytes, parts, content.zone);
    }
  }
}

/** Of the parts of a content those that are no text of it: media, results of tools. */
export function markParts(bytes: Buffer, parts: JsonNode, around: Zone): void {
  for (const part of parts.kind === 'object' ? [parts] : itemsOf(parts)) {
    for (const key of ['functionResponse', 'function_response', 'codeExecutionResult']) {
      for (const result of getAll(bytes, part, key)) result.zone = zone('tool', around.position);
    }
    for (const key of ['inlineData', 'inline_data']) {
      for (const inline of getAll(bytes, part, key)) {
        inline.zone = zone('file', around.position);
        treat(get(bytes, inline, 'data'), inline.zone, 'media');
      }
    }
    for (const key of ['fileData', 'file_data']) {
      for (const file of getAll(bytes, part, key)) {
        file.zone = zone('file', around.position);
        treat(get(bytes, file, 'fileUri'), file.zone, 'reference');
        treat(get(bytes, file, 'file_uri'), file.zone, 'reference');
      }
    }
  }
}

function roleOf(role: string | null): Role {
  if (role === 'model') return 'assistant';
  return role === 'function' || role === 'tool' ? 'tool' : 'user';
}
