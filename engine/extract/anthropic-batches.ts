/** Anthropic message batches: https://docs.anthropic.com/en/api/creating-message-batches. Each request is a call of its own. Sets zones only. */
import { markMessagesRequest, markMessagesResponse } from './anthropic-messages.ts';
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { METADATA } from './zone.ts';

/** `requests` of a `custom_id` and `params`. */
export function markBatchesRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const calls = itemsOf(get(bytes, root, 'requests')).map((request) => get(bytes, request, 'params'));
  const marks = calls.map((call) => (call === null ? NO_MARKS : markMessagesRequest(bytes, call)));
  const model = calls.map((call) => textOf(bytes, get(bytes, call, 'model'))).find((name) => name !== null);
  return {
    conversationId: null,
    firstUserText: marks[0]?.firstUserText ?? NO_MARKS.firstUserText,
    model: model ?? null,
  };
}

/** A batch, or one line of its results. */
export function markBatchesResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  const message = get(bytes, get(bytes, root, 'result'), 'message');
  if (message !== null) markMessagesResponse(bytes, message);
}
