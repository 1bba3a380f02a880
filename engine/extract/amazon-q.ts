/**
 * Amazon Q and Kiro (`generateAssistantResponse`), as their public clients speak: `conversationState` with a history and
 * a current message, results of tools in the context of what a user says. Sets zones; reads no text itself.
 */
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_MARKS, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, zone } from './zone.ts';

export function markQRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const state = get(bytes, root, 'conversationState');
  if (state === null) return NO_MARKS;
  const userContents: (JsonNode | null)[] = [];
  const turns = [...itemsOf(get(bytes, state, 'history')), ...getAll(bytes, state, 'currentMessage')];
  markTurns(
    turns,
    (turn) => (get(bytes, turn, 'assistantResponseMessage') === null ? 'user' : 'assistant'),
    (turn, role, around) => {
      const said = get(bytes, turn, 'userInputMessage');
      if (role === 'user') userContents.push(get(bytes, said, 'content'));
      const context = get(bytes, said, 'userInputMessageContext');
      for (const results of getAll(bytes, context, 'toolResults')) results.zone = zone('tool', around.position);
      for (const editor of getAll(bytes, context, 'editorState')) editor.zone = zone('file', around.position);
      for (const image of itemsOf(get(bytes, said, 'images'))) {
        treat(get(bytes, get(bytes, image, 'source'), 'bytes'), around, 'media');
      }
    },
  );
  const current = get(bytes, get(bytes, state, 'currentMessage'), 'userInputMessage');
  return {
    conversationId: textOf(bytes, get(bytes, state, 'conversationId')),
    firstUserText: firstTextOf(bytes, userContents),
    model: textOf(bytes, get(bytes, current, 'modelId')),
  };
}
