/** Which conversation an exchange belongs to: nobody's pseudonyms appear in another's. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Source } from '../../flow/parties.ts';
import { type ConversationScope, Conversations } from '../../proxy/conversations.ts';
import { sourceOf } from '../../proxy/identity.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function scope(given: Partial<ConversationScope> & { readonly app?: string } = {}): ConversationScope {
  const source: Source = sourceOf(
    given.app === undefined ? { kind: 'anonymous' } : { kind: 'verified', app: given.app },
    'host',
  );
  return { source, credential: 'key-a', destination: 'api.openai.com:443', ...given };
}

test('the same beginning in the same scope is the same conversation, named by digest only', () => {
  const conversations = new Conversations(digest, () => 0);
  const first = conversations.of(scope(), null, 'hello');
  const second = conversations.of(scope(), null, 'hello');
  assert.equal(first.conversation, second.conversation);
  assert.equal(first.isByDigest, true);
});

test('another app, credential, destination or beginning is another conversation', () => {
  const conversations = new Conversations(digest, () => 0);
  const { conversation } = conversations.of(scope(), null, 'hello');
  const others = [
    conversations.of(scope({ app: 'billing' }), null, 'hello'),
    conversations.of(scope({ credential: 'key-b' }), null, 'hello'),
    conversations.of(scope({ destination: 'api.anthropic.com:443' }), null, 'hello'),
    conversations.of(scope(), null, 'hello there'),
    conversations.of(scope(), 'hello', 'hello'),
  ];
  for (const other of others) assert.notEqual(other.conversation, conversation);
});

test('an exchange that nothing names stands alone', () => {
  const conversations = new Conversations(digest, () => 0);
  assert.notEqual(
    conversations.of(scope(), null, null).conversation,
    conversations.of(scope(), null, null).conversation,
  );
  assert.equal(conversations.size, 0);
});

test("an answer's id names the conversation that the next request refers to, for the same sender only", () => {
  const conversations = new Conversations(digest, () => 0);
  const { conversation } = conversations.of(scope(), null, 'hello');
  conversations.name(scope(), 'resp_1', conversation);
  assert.equal(conversations.known(scope(), 'resp_1'), conversation);
  assert.equal(conversations.of(scope(), 'resp_1', 'and then?').conversation, conversation);
  assert.equal(conversations.known(scope({ credential: 'key-b' }), 'resp_1'), null);
});

test('a conversation ends a day after its last use', () => {
  let now = 0;
  const conversations = new Conversations(digest, () => now);
  const { conversation } = conversations.of(scope(), 'id', null);
  now = 23 * 3_600_000;
  assert.equal(conversations.of(scope(), 'id', null).conversation, conversation);
  now += 25 * 3_600_000;
  assert.equal(conversations.known(scope(), 'id'), null);
  assert.notEqual(conversations.of(scope(), 'id', null).conversation, conversation);
});
