/** Which conversation an exchange belongs to: nobody's pseudonyms appear in another's. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ConversationRecord } from '../../flow/conversation-record.ts';
import type { Source } from '../../flow/parties.ts';
import { ConversationMap } from '../../proxy/conversation-map.ts';
import { type ConversationScope, Conversations } from '../../proxy/conversations.ts';
import { sourceOf } from '../../proxy/identity.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const DAY_MS = 24 * 3_600_000;

function scope(given: Partial<ConversationScope> & { readonly app?: string } = {}): ConversationScope {
  const source: Source = sourceOf(
    given.app === undefined ? { kind: 'anonymous' } : { kind: 'verified', app: given.app },
    'host',
  );
  return { source, credential: 'key-a', destination: 'api.openai.com:443', ...given };
}

function wants(...values: string[]): Parameters<ConversationMap['issue']>[1] {
  return { literals: [], values: values.map((value) => ({ entity: 'PERSON', value })) };
}

/** A map with its clock, and what it has copied. */
function mapOf(copied: ConversationRecord[] = []): {
  map: ConversationMap;
  records: ConversationRecord[];
  at(ms: number): void;
} {
  let now = 0;
  let id = 0;
  const records: ConversationRecord[] = [];
  const record = (one: ConversationRecord) => void records.push(structuredClone(one));
  const map = new ConversationMap({ now: () => now, newId: () => `c${++id}`, record });
  map.restore(copied);
  return {
    map,
    records,
    at: (ms) => {
      now = ms;
    },
  };
}

const conversations = new Conversations(mapOf().map, digest);

test('the same beginning in the same scope is the same conversation, named by digest only', () => {
  const first = conversations.of(scope(), null, 'hello');
  assert.deepEqual(conversations.of(scope(), null, 'hello'), first);
  assert.equal(first.isByDigest, true);
  assert.doesNotMatch(first.key ?? '', /hello/);
});

test('another app, credential, destination or beginning is another conversation', () => {
  const { key } = conversations.of(scope(), null, 'hello');
  const others = [
    conversations.of(scope({ app: 'billing' }), null, 'hello'),
    conversations.of(scope({ credential: 'key-b' }), null, 'hello'),
    conversations.of(scope({ destination: 'api.anthropic.com:443' }), null, 'hello'),
    conversations.of(scope(), null, 'hello there'),
    conversations.of(scope(), 'hello', 'hello'),
  ];
  for (const other of others) assert.notEqual(other.key, key);
});

test('an exchange that nothing names stands alone', () => {
  assert.deepEqual(conversations.of(scope(), null, null), { key: null, isByDigest: true });
});

test('a value keeps its token, a new one takes the next number, and literals are passed over', () => {
  const { map } = mapOf();
  assert.deepEqual(
    [...map.issue('k', wants('Ada', 'Bo', 'Ada'), false)],
    [
      ['<PERSON_1>', 'Ada'],
      ['<PERSON_2>', 'Bo'],
    ],
  );
  const later = map.issue('k', { ...wants('Cy', 'Bo'), literals: ['<PERSON_3>', '<PERSON_1>'] }, false);
  assert.deepEqual(
    [...later],
    [
      ['<PERSON_4>', 'Cy'],
      ['<PERSON_2>', 'Bo'],
    ],
  );
  assert.deepEqual([...map.tokensOf('k').keys()], ['<PERSON_1>', '<PERSON_2>', '<PERSON_4>']);
  assert.deepEqual([...map.issue('k', wants('Bo'), true).keys()], ['<PERSON_1>', '<PERSON_2>', '<PERSON_4>']);
});

test("an answer's id names the conversation that the next request refers to, for the same sender only", () => {
  const { map } = mapOf();
  const { key } = conversations.of(scope(), null, 'hello');
  map.issue(key ?? '', wants('Ada'), false);
  map.name(conversations.byId(scope(), 'resp_1'), key ?? '');
  assert.deepEqual([...map.tokensOf(conversations.byId(scope(), 'resp_1'))], [['<PERSON_1>', 'Ada']]);
  assert.equal(map.tokensOf(conversations.byId(scope({ credential: 'key-b' }), 'resp_1')).size, 0);
});

test('a conversation ends a day after its last use, however it was found', () => {
  const { map, at } = mapOf();
  map.issue('k', wants('Ada'), false);
  map.name('other', 'k');
  at(DAY_MS - 1);
  assert.equal(map.tokensOf('other').size, 1);
  at(2 * DAY_MS - 1);
  assert.equal(map.tokensOf('k').size, 1);
  at(3 * DAY_MS);
  assert.equal(map.tokensOf('k').size, 0);
  assert.equal(map.expire(), true);
  assert.equal(map.size, 0);
});

test('what was copied makes the same conversations again: tokens, numbers kept free, and names', () => {
  const before = mapOf();
  before.map.issue('k', { ...wants('Ada', 'Bo'), literals: ['<PERSON_2>'] }, false);
  before.map.name('other', 'k');
  for (const copied of [before.records, [...before.map.records()]]) {
    const { map, records } = mapOf(copied);
    assert.deepEqual(
      [...map.tokensOf('other')],
      [
        ['<PERSON_1>', 'Ada'],
        ['<PERSON_3>', 'Bo'],
      ],
    );
    assert.deepEqual(
      [...map.issue('k', wants('Cy', 'Bo'), false)],
      [
        ['<PERSON_4>', 'Cy'],
        ['<PERSON_3>', 'Bo'],
      ],
    );
    assert.deepEqual(records, [
      { kind: 'issued', conversation: 'c1', tokens: [['<PERSON_4>', 'Cy']], reserved: [], time: 0 },
    ]);
  }
});

test('a copy is made before the answer, and what is asked for again makes none', () => {
  const { map, records, at } = mapOf();
  map.issue('k', wants('Ada'), false);
  assert.deepEqual(records, [
    { kind: 'issued', conversation: 'c1', tokens: [['<PERSON_1>', 'Ada']], reserved: [], time: 0, key: 'k' },
  ]);
  at(1000);
  map.issue('k', wants('Ada'), false);
  map.tokensOf('k');
  map.name('k', 'k');
  assert.equal(records.length, 1);
  at(3_600_001);
  map.tokensOf('k');
  assert.deepEqual(records.at(-1), { kind: 'issued', conversation: 'c1', tokens: [], reserved: [], time: 3_600_001 });
});

test('a conversation in which nothing was issued is found by its key all the same', () => {
  const { map, records } = mapOf();
  map.issue('k', wants(), false);
  assert.deepEqual(records, [{ kind: 'named', key: 'k', conversation: 'c1', time: 0 }]);
  assert.deepEqual([...mapOf(records).map.keys()], ['k']);
});

test('what is older than a day is not taken up', () => {
  const { map, records } = mapOf();
  map.issue('k', wants('Ada'), false);
  let now = DAY_MS + 1;
  const later = new ConversationMap({ now: () => now, newId: () => 'x' });
  later.restore(records);
  assert.equal(later.size, 0);
  now = DAY_MS;
  later.restore(records);
  assert.equal(later.size, 1);
});

test('all of them together are bounded: the least recently used go first, and what goes makes room', () => {
  const told: string[] = [];
  const map = new ConversationMap({
    now: () => 0,
    newId: () => 'c',
    maxChars: 1000,
    onKey: (key, isThere) => void told.push(`${isThere ? '+' : '-'}${key}`),
  });
  const long = (key: string) => map.issue(key, wants(`${key}${'x'.repeat(288)}`), false);
  for (const key of ['a', 'b', 'c']) long(key);
  assert.equal(map.size, 3);
  map.tokensOf('a');
  map.name('also-a', 'a');
  long('d');
  assert.equal(map.tokensOf('b').size, 0);
  for (const key of ['a', 'also-a', 'c', 'd']) assert.equal(map.tokensOf(key).size, 1);
  assert.deepEqual(told, ['+a', '+b', '+c', '+also-a', '-b', '+d']);
  // One that is larger than all the room has it alone.
  map.issue('e', wants('y'.repeat(2000)), false);
  assert.equal(map.size, 1);
  long('f');
  assert.deepEqual([...map.keys()], ['f']);
});
