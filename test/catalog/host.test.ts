/** Canonical host names and host globs: one spelling for one host, and nothing taken that is not a host. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canonicalHost, globMatcher, hostPortText, parseHostGlob, parseHostPort } from '../../catalog/host.ts';
import { compileHostGlob } from '../../engine/decide/glob.ts';
import { cpuMs } from '../support/cpu-time.ts';

const SPELLINGS: readonly (readonly [spelling: string, canonical: string])[] = [
  ['api.openai.com', 'api.openai.com'],
  ['API.OpenAI.com', 'api.openai.com'],
  ['api.openai.com.', 'api.openai.com'],
  ['ａpi.openai.com', 'api.openai.com'],
  ['api。openai。com', 'api.openai.com'],
  ['api.open\u00adai.com', 'api.openai.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['a_b.example', 'a_b.example'],
  ['localhost', 'localhost'],
  ['127.0.0.1', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['0x7f.1', '127.0.0.1'],
  ['0177.0.0.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['127.0.0.1.', '127.0.0.1'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::FFFF:10.0.0.1', '::ffff:a00:1'],
];

const NO_HOSTS = [
  '',
  '.',
  'a..b',
  '.a.example',
  'a.example..',
  'a b.example',
  ' a.example',
  'a.example\t',
  'a.example\u0000',
  '%61.example',
  'a.example:80',
  'a.example/x',
  'a.example\\x',
  'user@a.example',
  'a.example?x',
  'a.example#x',
  '*.a.example',
  '256.1.1.1',
  '1.2.3.4.5',
  'foo.1',
  '[::1',
  '::1]',
  '[1.2.3.4]',
  'fe80::1%eth0',
  ':::1',
  `${'a'.repeat(64)}.example`,
  'a.'.repeat(128),
];

describe('canonicalHost', () => {
  for (const [spelling, canonical] of SPELLINGS) {
    test(`${JSON.stringify(spelling)} is ${canonical}`, () => assert.equal(canonicalHost(spelling), canonical));
  }

  for (const text of NO_HOSTS) {
    test(`${JSON.stringify(text.slice(0, 40))} is no host`, () => assert.equal(canonicalHost(text), null));
  }

  test('what it gives it takes as it is', () => {
    for (const [, canonical] of SPELLINGS) assert.equal(canonicalHost(canonical), canonical);
  });

  test('random bytes never throw, and what is taken is plain ASCII', () => {
    let seed = 7;
    const next = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed;
    };
    for (let round = 0; round < 20_000; round++) {
      const text = String.fromCodePoint(
        ...Array.from({ length: 1 + (next() % 12) }, () => next() % (round % 2 ? 128 : 0xd7ff)),
      );
      const host = canonicalHost(text);
      if (host !== null) assert.match(host, /^[a-z0-9._:-]+$/);
    }
  });
});

describe('host and port', () => {
  test('are split at the last colon, IPv6 in brackets only', () => {
    assert.deepEqual(parseHostPort('A.example:443'), { host: 'a.example', port: 443 });
    assert.deepEqual(parseHostPort('[::1]:0'), { host: '::1', port: 0 });
    for (const text of [
      'a.example',
      ':443',
      '::1:443',
      'a:65536',
      'a:',
      'a:-1',
      'a:1e3',
      '[a.example]:1',
      '[::1]',
      '',
    ]) {
      assert.equal(parseHostPort(text), null, text);
    }
  });

  test('are written the way they are read', () => {
    for (const text of ['a.example:443', '[::1]:8787', '127.0.0.1:0']) {
      const place = parseHostPort(text);
      assert.ok(place !== null);
      assert.equal(hostPortText(place), text);
    }
  });
});

describe('host globs', () => {
  const GLOBS: readonly (readonly [glob: string, takes: readonly string[], leaves: readonly string[]])[] = [
    ['*', ['a', 'a.example', '127.0.0.1', '::1'], []],
    [
      '*.openai.com',
      ['api.openai.com', 'a.b.openai.com', '.openai.com'],
      ['openai.com', 'xopenai.com', 'openai.com.evil'],
    ],
    ['api.openai.com', ['api.openai.com'], ['xapi.openai.com', 'api.openai.com.x']],
    [
      'bedrock-runtime.*.amazonaws.com',
      ['bedrock-runtime.eu-west-1.amazonaws.com'],
      ['bedrock-runtime.amazonaws.com', 'x.bedrock-runtime.a.amazonaws.com'],
    ],
    ['*-aiplatform.googleapis.com', ['us-central1-aiplatform.googleapis.com'], ['aiplatform.googleapis.com']],
    ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
    ['*a*b*c*', ['abc', 'xaxbxcx', 'aabbcc'], ['acb', 'ab', 'cba']],
    ['*aa*aa', ['aaaa', 'xaayaa'], ['aaa', 'aa']],
  ];

  for (const [glob, takes, leaves] of GLOBS) {
    test(`${glob} takes and leaves the same hosts in the catalog and in policies`, () => {
      for (const compile of [globMatcher, compileHostGlob]) {
        const matches = compile(glob);
        for (const host of takes) assert.ok(matches(host), `${glob} should take ${host}`);
        for (const host of leaves) assert.ok(!matches(host), `${glob} should leave ${host}`);
      }
    });
  }

  test('many stars take no longer on a host that nearly matches', () => {
    const matches = globMatcher(`${'*a'.repeat(60)}b`);
    const host = 'a'.repeat(250);
    const took = cpuMs(() => {
      for (let round = 0; round < 1000; round++) assert.ok(!matches(host));
    });
    assert.ok(took < 1000, `${took} ms`);
  });

  test('are put into canonical spelling, with or without a port', () => {
    assert.deepEqual(parseHostGlob('*.BÜCHER.example:8443'), { glob: '*.xn--bcher-kva.example', port: 8443 });
    assert.deepEqual(parseHostGlob('10.0.*'), { glob: '10.0.*', port: null });
    assert.deepEqual(parseHostGlob('[::1]:8080'), { glob: '::1', port: 8080 });
    assert.deepEqual(parseHostGlob('::1'), { glob: '::1', port: null });
    assert.deepEqual(parseHostGlob('*:11434'), { glob: '*', port: 11434 });
    assert.deepEqual(parseHostGlob('a*.example.'), { glob: 'a*.example', port: null });
    for (const text of ['', 'https://a', 'a/b', '*.a:0', '*.a:99999', 'bü*.example', 'a..*', 'a b*', '.a', '[::1']) {
      assert.equal(parseHostGlob(text), null, text);
    }
  });
});
