/** What every test of a provider's own SDK asserts: what the provider got, and the error that the SDK raised. */
import assert from 'node:assert/strict';
import { MAIL, PERSON, SENTENCE } from './planted.ts';
import type { UnderTest } from './weir-under-test.ts';

/** What a tool is called with by the stand-in, once the values are put back. */
export const TOOL_ARGUMENTS = { text: SENTENCE, quoted: `"${SENTENCE}"` };

/** The body that the provider got last, as text. */
export function lastSeen(weir: UnderTest): string {
  return weir.standIn.requests.at(-1)?.body.toString('utf8') ?? '';
}

/** The provider got pseudonyms in place of the values. */
export function assertHidden(weir: UnderTest): void {
  const text = lastSeen(weir);
  for (const value of [MAIL, PERSON]) assert.ok(!text.includes(value), 'a value reached the provider');
  assert.match(text, /<PERSON_1>.*<EMAIL_ADDRESS_1>/s);
}

/** What a call was refused with; fails where it was not, or where anything reached the provider. */
export async function refusalOf(weir: UnderTest, call: () => Promise<unknown>): Promise<Error> {
  const before = weir.standIn.requests.length;
  const error = await call().then(
    () => assert.fail('it was not blocked'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  assert.equal(weir.standIn.requests.length, before, 'it reached the provider');
  assert.ok(!error.message.includes('4111'), 'the value is in the error');
  return error;
}
