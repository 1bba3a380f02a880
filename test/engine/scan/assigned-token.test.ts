import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignedToken } from '../../../engine/scan/assigned-token.ts';
import { byteSet } from '../../../engine/scan/bytes.ts';
import { exampleBody } from '../../../engine/scan/token.ts';
import { seeded } from '../../support/every-split.ts';
import { passageOf } from '../../support/passages.ts';

const recognizer = assignedToken({
  name: 'acme',
  entity: 'ACME',
  words: ['acmecloud', 'ac_api_key', 'api.acme.io'],
  body: byteSet('0-9a-f'),
  min: 32,
  max: 40,
  lengths: [32, 40],
  hits: [],
  misses: [],
});
const key = '9f01726eebe77df2c096a65e95acdd02';
const long = '9f01726eebe77df2c096a65e95acdd02107b2c1e';

/** Findings of the recognizer, as the scanner would ask it: at every cue. */
function found(text: string, label = ''): [string, number][] {
  const bytes = Buffer.from(text);
  const passage = passageOf(bytes, label, [recognizer]);
  const lower = text.toLowerCase();
  for (const cue of recognizer.cues ?? []) {
    for (let at = lower.indexOf(cue.literal); at !== -1; at = lower.indexOf(cue.literal, at + 1)) {
      recognizer.findAtCue?.(passage, at, at + cue.literal.length, cue);
    }
  }
  if (label !== '') recognizer.findLabelled?.(passage);
  return passage.sightings.map((one) => [bytes.toString('latin1', one.start, one.end), one.score]);
}

describe('a token under the name of its issuer', () => {
  const high: readonly (readonly [string, string])[] = [
    ['shell', `export ACMECLOUD_API_KEY=${key}`],
    ['shell, quoted', `export ACMECLOUD_API_KEY="${key}"`],
    ['short name', `MY_AC_API_KEY=${key}`],
    ['JSON', `{"acmecloud": {"apiKey": "${key}"}}`],
    ['JSON below', `{"acmecloud": {\n  "region": "eu",\n  "apiKey": "${key}"\n}}`],
    ['JSON in JSON', `"{\\"acmecloudToken\\":\\"${key}\\"}"`],
    ['YAML', `acmecloud:\n  api_key: ${key}\n`],
    ['code', `const acmeCloudKey = '${key}';`],
    ['arrow', `'acmecloud_secret' => '${key}',`],
    ['call', `setenv("ACMECLOUD_TOKEN", "${key}")`],
    ['header before host', `curl -H "Authorization: Bearer ${key}" https://api.acme.io/v1`],
    ['header after host', `curl https://api.acme.io/v1 \\\n  -H 'X-Api-Key: ${key}'`],
    ['query', `https://api.acme.io/v1?api_key=${key}&x=1`],
    ['comment', `# acmecloud\nTOKEN=${key}`],
    ['XML', `<acmecloudKey>${key}</acmecloudKey>`],
    ['flag', `acmecloud deploy --token ${key}`],
    ['prose', `Our AcmeCloud key is ${key}.`],
    ['CSV', `acmecloud,token,${key}\n`],
    ['table', `| acmecloud | api key | ${key} |`],
    ['XML, nested', `<order><acmecloudKey>${key}</acmecloudKey></order>`],
    ['page', `<tr><th>AcmeCloud key</th><td>${key}</td></tr>`],
    ['mail', `Subject: AcmeCloud key\n\nThe one on file is ${key}. Regards`],
    ['mail, short', `Subject: AcmeCloud key\n\nHere it is: ${key}`],
    ['other length', `acmecloud_key=${long}`],
  ];
  for (const [kind, text] of high) {
    it(`is high under a word for secrets: ${kind}`, () => {
      const values = found(text);
      assert.equal(values.length, 1);
      assert.ok(values[0]?.[0] === key || values[0]?.[0] === long);
      assert.ok((values[0]?.[1] ?? 0) >= 0.8);
    });
  }

  it('is medium under the issuer alone, in a place of values', () => {
    assert.deepEqual(found(`acmecloud = "${key}"`), [[key, 0.6]]);
    assert.deepEqual(found(`new AcmeCloud("${key}")`), [[key, 0.6]]);
  });

  const none: readonly (readonly [string, string])[] = [
    ['no issuer', `api_key=${key}`],
    ['a word in between', `acmecloud build ${key}`],
    ['named a hash', `acmecloud_key_sha1: ${long}`],
    ['named an id', `acmecloud_token_id = ${key}`],
    ['another length', `acmecloud_key=${key}ab`],
    ['part of something longer', `acmecloud_key=${key}-x`],
    ['something else that is named in a line below', `acmecloud key\n\nThe commit is ${key}`],
    ['a path', `acmecloud_key=${key}/file`],
    ['a placeholder', `acmecloud_key=${'a'.repeat(32)}`],
    ['too far', `acmecloud\n\n\n\nkey=${key}`],
    ['too far on one line', `acmecloud ${'- '.repeat(80)} key=${key}`],
  ];
  for (const [kind, text] of none) it(`is none: ${kind}`, () => assert.deepEqual(found(text), []));

  it('is found by the label of its text', () => {
    assert.deepEqual(found(key, 'acmecloudApiKey'), [[key, 0.9]]);
    assert.deepEqual(found(`Bearer ${key}`, 'acmecloud'), [[key, 0.6]]);
    assert.deepEqual(found(`${key} `, 'acmecloudApiKey'), []);
    assert.deepEqual(found(key, 'acmecloudKeyId'), []);
  });

  it('takes time that grows with the text alone, however often the issuer is named', () => {
    const cost = (times: number): number => {
      const unit = `acmecloud key=${exampleBody(31).toLowerCase()} `;
      const text = unit.repeat(times);
      const start = process.cpuUsage();
      found(text);
      const used = process.cpuUsage(start);
      return used.user + used.system;
    };
    cost(2000);
    const once = Math.min(cost(4000), cost(4000), cost(4000));
    const twice = Math.min(cost(8000), cost(8000), cost(8000));
    assert.ok(twice < once * 2.5 + 20_000, `${once} and ${twice} µs`);
  });

  it('never throws on random bytes', () => {
    const random = seeded(11);
    const parts = [
      'acmecloud',
      key,
      long,
      '"',
      "'",
      '\\',
      '=',
      ':',
      ' ',
      '\n',
      'key',
      'Bearer ',
      ',',
      '(',
      'é',
      '-',
      '>',
    ];
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: 30 }, () => parts[Math.floor(random() * parts.length)]).join('');
      for (const [value] of found(text)) assert.ok(value === key || value === long);
    }
  });
});
