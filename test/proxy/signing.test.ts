/** Signatures over requests: recognised, made again as AWS reads them (checked by an own reading of the algorithm). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayScope, isBrokenBy, signatureOf, signed } from '../../proxy/signing.ts';
import { isSignedBy, TEST_KEYS } from '../support/aws-signature.ts';

const ORIGIN = { scheme: 'https', host: 'bedrock-runtime.us-east-1.amazonaws.com', port: 443 } as const;
const SCOPE = { region: 'us-east-1', service: 'bedrock' };
const NOW = new Date('2025-10-09T08:53:20Z');
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=ID/20251009/eu-west-1/bedrock/aws4_request, SignedHeaders=accept-encoding;host;x-amz-date, Signature=00ff';

function edited(changed: { body?: boolean; target?: boolean; headers?: boolean }, headers: readonly string[]) {
  return {
    body: Buffer.from('{}'),
    target: '/',
    headers,
    changed: { body: false, target: false, headers: false, ...changed },
  };
}

test('a signature of AWS says its scope, its headers, and whether the body is under it', () => {
  const found = signatureOf(['Authorization', AUTHORIZATION], '/model/m/converse');
  assert.deepEqual(found?.scope, { region: 'eu-west-1', service: 'bedrock' });
  assert.deepEqual([...(found?.signedHeaders ?? [])], ['accept-encoding', 'host', 'x-amz-date']);
  assert.equal(found?.coversBody, true);
  assert.equal(
    signatureOf(['authorization', AUTHORIZATION, 'X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'], '/')?.coversBody,
    false,
  );
  assert.equal(signatureOf(['authorization', 'Bearer abc'], '/v1/chat/completions'), null);
  assert.equal(signatureOf(['authorization', AUTHORIZATION.replace('HMAC', 'ECDSA-P256')], '/')?.scope, null);
});

test("others' signatures are seen, and cannot be made again", () => {
  for (const scheme of ['TC3-HMAC-SHA256', 'HMAC-SHA256', 'ACS3-HMAC-SHA256']) {
    const found = signatureOf(['authorization', `${scheme} Credential=a/b, SignedHeaders=host, Signature=0`], '/');
    assert.equal(found?.scope, null, scheme);
    assert.equal(found?.coversBody, true, scheme);
  }
  const rfc9421 = ['signature-input', 'sig=("@method" "content-digest");created=1', 'signature', 'sig=:MA==:'];
  assert.equal(signatureOf(rfc9421, '/')?.coversBody, true);
  assert.equal(signatureOf(['signature-input', 'sig=("@method")', 'signature', 'sig=:MA==:'], '/')?.coversBody, false);
  assert.equal(signatureOf([], '/x?X-Amz-SignedHeaders=host&X-Amz-Signature=00')?.coversBody, false);
});

test('an edit breaks a signature only where it touches what is under it', () => {
  const signature = signatureOf(['authorization', AUTHORIZATION, 'referer', 'a'], '/');
  assert.ok(signature !== null);
  const sent = ['authorization', AUTHORIZATION, 'referer', 'a', 'Accept-Encoding', 'gzip'];
  assert.equal(isBrokenBy(signature, edited({ body: true }, sent), sent), true);
  assert.equal(isBrokenBy(signature, edited({ target: true }, sent), sent), true);
  assert.equal(isBrokenBy(signature, edited({ headers: true }, sent.with(3, 'b')), sent), false);
  assert.equal(isBrokenBy(signature, edited({ headers: true }, sent.with(5, 'b')), sent), true);
});

test('a request is signed as AWS reads it: escaped paths, queries, tokens of a session, long bodies', async () => {
  const bodies = [Buffer.alloc(0), Buffer.from('{"a":"\u00e9"}'), Buffer.alloc(1_000_000, 0x61)];
  for (const target of [
    '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
    '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/invoke',
    '/x?b=2&a=1&a=%20z&empty=',
  ]) {
    for (const body of bodies) {
      for (const sessionToken of [null, 'a-session-token']) {
        const headers = [
          'host',
          ORIGIN.host,
          'Content-Type',
          'application/json',
          'authorization',
          AUTHORIZATION,
          'X-Amz-Date',
          'old',
          'X-Amz-Security-Token',
          'old',
          'user-agent',
          'x',
        ];
        const made = await signed(
          { method: 'POST', origin: ORIGIN, target, headers, body },
          SCOPE,
          { ...TEST_KEYS, sessionToken },
          NOW,
        );
        const names = made.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
        assert.equal(new Set(names).size, names.length, 'a header stands twice');
        assert.equal(names.includes('x-amz-security-token'), sessionToken !== null);
        assert.ok(isSignedBy(TEST_KEYS, { method: 'POST', target, headers: made, body }), target);
        assert.ok(!isSignedBy(TEST_KEYS, { method: 'POST', target, headers: made, body: Buffer.from('other') }));
      }
    }
  }
});

test('at the gateway a request to Bedrock is signed unless it brings a bearer key', () => {
  assert.deepEqual(gatewayScope('bedrock/us-east-1', ORIGIN, ['authorization', AUTHORIZATION]), SCOPE);
  assert.equal(gatewayScope('bedrock/us-east-1', ORIGIN, ['Authorization', 'Bearer key']), null);
  assert.equal(gatewayScope(null, ORIGIN, []), null);
  assert.equal(gatewayScope('openai', { ...ORIGIN, host: 'api.openai.com' }, []), null);
});
