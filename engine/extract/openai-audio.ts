/**
 * OpenAI audio: https://platform.openai.com/docs/api-reference/audio. Speech is JSON in and sound out, transcription a
 * form in and text out. Sets zones; reads no text itself.
 */
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { METADATA, SYSTEM, USER, zone } from './zone.ts';

/** `input` is what is to be said, `instructions` how. */
export function markAudioRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const inputs = getAll(bytes, root, 'input');
  for (const input of inputs) input.zone = USER;
  for (const instructions of getAll(bytes, root, 'instructions')) instructions.zone = SYSTEM;
  return { conversationId: null, firstUserText: firstTextOf(bytes, inputs) };
}

/** A transcript: what was said, by whom, and which words when. */
export function markAudioResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  const assistant = zone('assistant', 'latest');
  for (const key of ['text', 'segments', 'words', 'delta']) {
    for (const node of getAll(bytes, root, key)) node.zone = assistant;
  }
  for (const segment of itemsOf(get(bytes, root, 'segments'))) treat(get(bytes, segment, 'tokens'), assistant, 'skip');
  treat(get(bytes, root, 'logprobs'), assistant, 'skip');
}
