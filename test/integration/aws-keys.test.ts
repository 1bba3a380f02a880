/** Keys to sign with, as their file gets new ones and as they expire. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TEST_KEYS } from '../support/aws-signature.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, jsonRequest, type WireAnswer } from '../support/wire.ts';

const HOST = 'bedrock-runtime.us-east-1.amazonaws.com';
const folder = mkdtempSync(join(tmpdir(), 'weir-aws-keys-'));
const file = join(folder, 'credentials');

/** As a program writes them that gets keys for a while. */
function write(id: string, expires: string | null): void {
  const lines = ['[weir]', `aws_access_key_id = ${id}`, `aws_secret_access_key = ${TEST_KEYS.secretAccessKey}`];
  writeFileSync(
    `${file}.new`,
    [...lines, ...(expires === null ? [] : [`x_security_token_expires = ${expires}`]), ''].join('\n'),
  );
  renameSync(`${file}.new`, file);
}

let weir: UnderTest;
before(async () => {
  write(TEST_KEYS.accessKeyId, null);
  weir = await startUnderTest({
    hosts: [`${HOST}:443`],
    env: { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'none') },
    config: { proxy: { upstream: { aws: { profile: 'weir' } } } },
    reloads: true,
  });
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

async function ask(): Promise<WireAnswer> {
  const wire = await connectPlain(weir.port);
  const body = { messages: [{ role: 'user', content: [{ text: 'Name three rivers.' }] }] };
  wire.write(jsonRequest('POST', '/bedrock/us-east-1/model/m/converse', `127.0.0.1:${weir.port}`, body));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

/** The key that the last call was signed with. */
function usedKey(): string {
  const headers = weir.standIn.requests.at(-1)?.headers ?? [];
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'authorization');
  return /Credential=([^/]+)\//.exec(headers[at + 1] ?? '')?.[1] ?? '';
}

/** The first answer that is as wanted: a change of a file is taken up a moment later. */
async function eventually(is: (answer: WireAnswer) => boolean): Promise<WireAnswer> {
  for (const until = performance.now() + 60_000; ; ) {
    const answer = await ask();
    if (is(answer)) return answer;
    assert.ok(performance.now() < until, `never so: ${answer.status} ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('new keys in the file are signed with; expired ones are not, with a word that says so, until there are new ones', async () => {
  assert.equal((await ask()).status, 200);
  assert.equal(usedKey(), TEST_KEYS.accessKeyId);
  const [second, third] = ['NEXTNEXT', 'LASTLAST'].map((part) => TEST_KEYS.accessKeyId.replace('TESTTEST', part));
  write(second ?? '', '2099-01-01T00:00:00Z');
  await eventually(() => usedKey() === second);
  write(third ?? '', '2001-02-03T04:05:06Z');
  const expired = await eventually(({ status }) => status === 400);
  assert.match(
    expired.text,
    /expired at 2001-02-03T04:05:06\.000Z: new ones are taken up as soon as their file has them/,
  );
  assert.equal(usedKey(), second);
  // Half written: what is wrong is said, and nothing else changes.
  writeFileSync(file, '[weir]\naws_access_key_id = ');
  write(third ?? '', '2099-01-01T00:00:00Z');
  await eventually(({ status }) => status === 200);
  assert.equal(usedKey(), third);
});
