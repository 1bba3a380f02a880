/** The copy of the conversations on disk: sealed, whole after a crash, and none of it readable in another place. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConversationRecord } from '../../flow/conversation-record.ts';
import { openConversationJournal } from '../../store/conversation-journal.ts';
import { temporaryFolder } from './samples.ts';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const NAME = 'Ada Lovelace';

function issued(conversation: string, ...values: string[]): ConversationRecord {
  const tokens = values.map((value, at) => [`<PERSON_${at + 1}>`, value] as const);
  return { kind: 'issued', conversation, tokens, reserved: ['<PERSON_9>'], time: 1 };
}

const RECORDS: readonly ConversationRecord[] = [
  issued('c1', NAME, 'Bo'),
  { kind: 'named', key: 'id:x', conversation: 'c1', time: 2 },
  issued('c2', 'Cy'),
];

function start(t: TestContext, folder = temporaryFolder(t), key = KEY) {
  const problems: string[] = [];
  const journal = openConversationJournal(folder, key, (message) => void problems.push(message));
  t.after(() => journal.close());
  return { folder, journal, problems };
}

/** A folder in which a process has written the records, and was killed. */
function written(t: TestContext): { readonly folder: string; readonly file: string } {
  const { folder, journal } = start(t);
  for (const record of RECORDS) journal.record(record);
  return { folder, file: join(folder, readdirSync(folder)[0] ?? assert.fail('no file')) };
}

test('what was recorded is read by the next process, without any end of the first', (t) => {
  const { folder } = written(t);
  const { journal, problems } = start(t, folder);
  assert.deepEqual(journal.read(), RECORDS);
  assert.deepEqual(problems, []);
});

test('nothing of it is in clear, and nobody else may read it', (t) => {
  const { file } = written(t);
  const bytes = readFileSync(file);
  for (const text of [NAME, 'PERSON', 'id:x', 'c1', 'issued']) assert.equal(bytes.includes(text), false);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('the same records are sealed differently in each file', (t) => {
  assert.notDeepEqual(readFileSync(written(t).file), readFileSync(written(t).file));
});

test('a record cut off at any byte takes none before it along', (t) => {
  const { folder, file } = written(t);
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    const { journal, problems } = start(t, folder);
    const read = journal.read();
    assert.ok(read.length < RECORDS.length);
    assert.deepEqual(read, RECORDS.slice(0, read.length));
    assert.deepEqual(problems, []);
  }
});

test('a changed byte is noticed wherever it lies, and what stands before it is read', (t) => {
  const { folder, file } = written(t);
  const whole = readFileSync(file);
  const bounds = [0];
  for (let at = 0; at < whole.length; at = bounds.at(-1) ?? 0) bounds.push(at + 4 + whole.readUInt32BE(at));
  for (let at = 0; at < whole.length; at += 3) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(file, changed);
    const { journal } = start(t, folder);
    const intact = bounds.filter((bound) => bound > 0 && bound <= at).length;
    assert.deepEqual(journal.read(), RECORDS.slice(0, intact));
  }
});

test('a file under another name, or another key, is named and passed over', (t) => {
  const { folder, file } = written(t);
  const other = start(t, folder, createSecretKey(Buffer.alloc(32, 8)));
  assert.deepEqual(other.journal.read(), []);
  assert.match(other.problems[0] ?? '', /sealed with another key/);
  renameSync(file, join(folder, '01AAAAAAAAAAAAAAAAAAAAAAAA.conversations'));
  const moved = start(t, folder);
  assert.deepEqual(moved.journal.read(), []);
  assert.equal(moved.problems.length, 1);
});

test('bytes of no sense behind the records do no harm', (t) => {
  const { folder, file } = written(t);
  appendFileSync(file, Buffer.alloc(100, 0xff));
  const { journal, problems } = start(t, folder);
  assert.deepEqual(journal.read(), RECORDS);
  assert.equal(problems.length, 1);
});

test('rewritten, the old files are gone, and what is recorded meanwhile is there', async (t) => {
  const { folder, file } = written(t);
  const { journal, problems } = start(t, folder);
  const many = Array.from({ length: 3000 }, (_, at) => issued(`m${at}`, 'x'.repeat(200)));
  const rewriting = journal.rewrite(many);
  const late = issued('late', NAME);
  journal.record(late);
  await rewriting;
  assert.equal(readdirSync(folder).includes(file), false);
  assert.equal(readdirSync(folder).length, 1);
  const read = start(t, folder).journal.read();
  assert.equal(read.length, 3001);
  assert.ok(read.some((record) => record.conversation === 'late'));
  assert.ok(journal.bytes > 600_000);
  assert.deepEqual(problems, []);
});

test('with nothing to keep, a rewriting leaves nothing', async (t) => {
  const { folder } = written(t);
  await start(t, folder).journal.rewrite([]);
  assert.deepEqual(readdirSync(folder), []);
});

test('a disk that cannot be written is said, and made up for once it can', async (t) => {
  const { folder, journal, problems } = start(t);
  journal.record(RECORDS[0] ?? assert.fail());
  // Root may write anywhere: a file where the folder was stands in everybody's way.
  journal.close();
  const again = start(t, folder);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  again.journal.record(issued('c3', NAME));
  assert.equal(again.journal.isBehind, true);
  assert.match(again.problems[0] ?? '', /^conversations are not copied to disk, a restart would lose them: E[A-Z]+$/);
  rmSync(folder);
  await again.journal.rewrite(RECORDS);
  assert.equal(again.journal.isBehind, false);
  assert.deepEqual(start(t, folder).journal.read(), RECORDS);
  chmodSync(folder, 0o700);
  assert.deepEqual(problems, []);
});
