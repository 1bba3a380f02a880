/** OpenAI images: https://platform.openai.com/docs/api-reference/images; edits come as multipart. Sets zones only. */
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks, skipTime, treat } from './marks.ts';
import { METADATA, USER, zone } from './zone.ts';

/** `prompt`, and in JSON edits the `images`. */
export function markImagesRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const prompts = getAll(bytes, root, 'prompt');
  for (const prompt of prompts) prompt.zone = USER;
  for (const key of ['images', 'image', 'mask']) {
    for (const image of getAll(bytes, root, key)) image.zone = zone('user', 'latest', 'media');
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, prompts) };
}

/** `data` with images in base64 or by URL, and the prompt as the model rewrote it; also the events of a stream. */
export function markImagesResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created'));
  const assistant = zone('assistant', 'latest');
  treat(get(bytes, root, 'b64_json'), assistant, 'media');
  for (const item of itemsOf(get(bytes, root, 'data'))) {
    item.zone = assistant;
    treat(get(bytes, item, 'b64_json'), assistant, 'media');
    treat(get(bytes, item, 'url'), assistant, 'reference');
  }
}
