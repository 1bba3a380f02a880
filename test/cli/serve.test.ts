import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createScanner } from '../../engine/scan/scanner.ts';
import { startWeirCommand, weir } from '../support/weir-command.ts';
import { makePlace } from './run-context.ts';
import { type Served, serveHere } from './serve-client.ts';

const CARD = '4111 1111 1111 1111';

interface Result {
  readonly entity_type: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly analysis_explanation: Record<string, unknown> | null;
  readonly recognition_metadata: Record<string, string>;
}

function results(body: unknown): readonly Result[] {
  assert.ok(Array.isArray(body), JSON.stringify(body));
  return body;
}

/** `start..end entity` in code points. */
function places(body: unknown): string[] {
  return results(body).map((one) => `${one.start}..${one.end} ${one.entity_type}`);
}

function sliced(text: string, one: { readonly start: number; readonly end: number }): string {
  return [...text].slice(one.start, one.end).join('');
}

let served: Served;
before(async () => {
  served = await serveHere();
});
after(async () => {
  assert.deepEqual(served.failures, []);
  await served.close();
});

function analyze(body: Record<string, unknown>) {
  return served.post('/analyze', { language: 'en', ...body });
}

describe("what LiteLLM's guardrail asks of Presidio", () => {
  it('is answered: the text is analyzed, the results go to the anonymizer as they came, and the text comes back masked', async () => {
    const text = `😀 Charge ${CARD} and write to jane.doe@example.com`;
    const analyzed = await served.post('/analyze', { text, language: 'en' });
    assert.equal(analyzed.status, 200);
    const found = results(analyzed.body);
    assert.deepEqual(found.map((one) => [one.entity_type, sliced(text, one)]).sort(), [
      ['CREDIT_CARD', CARD],
      ['EMAIL_ADDRESS', 'jane.doe@example.com'],
    ]);
    for (const one of found) {
      assert.deepEqual(Object.keys(one).sort(), [
        'analysis_explanation',
        'end',
        'entity_type',
        'recognition_metadata',
        'score',
        'start',
      ]);
      assert.equal(one.analysis_explanation, null);
      assert.ok(one.score > 0 && one.score <= 1);
    }
    const anonymized = await served.post('/anonymize', { text, analyzer_results: found });
    assert.equal(anonymized.status, 200);
    assert.deepEqual(anonymized.body, {
      text: '😀 Charge <CREDIT_CARD> and write to <EMAIL_ADDRESS>',
      items: [
        { start: 36, end: 51, entity_type: 'EMAIL_ADDRESS', text: '<EMAIL_ADDRESS>', operator: 'replace' },
        { start: 9, end: 22, entity_type: 'CREDIT_CARD', text: '<CREDIT_CARD>', operator: 'replace' },
      ],
    });
  });

  it('is answered with the entities and recognizers of its configuration', async () => {
    const { status, body } = await served.post('/analyze', {
      text: `Employee E-123456 paid with ${CARD}, mail a@example.com`,
      language: 'de',
      ad_hoc_recognizers: [
        {
          name: 'Staff recognizer',
          supported_language: 'en',
          patterns: [{ name: 'staff id', regex: '\\bE-\\d{6}\\b', score: 0.3 }],
          context: ['employee'],
          supported_entity: 'STAFF_ID',
        },
      ],
      entities: ['CREDIT_CARD', 'STAFF_ID', 'NRP'],
    });
    assert.equal(status, 200);
    assert.deepEqual(places(body).sort(), ['28..47 CREDIT_CARD', '9..17 STAFF_ID']);
    assert.equal(results(body).find((one) => one.entity_type === 'STAFF_ID')?.score, 0.65);
  });

  it('is answered as application/json, an empty list for a clean text, and refused as {"error": …} with a status of 400 or more', async () => {
    const clean = await fetch(`${served.url}/analyze`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'the quick brown fox', language: 'en' }),
    });
    assert.equal(clean.headers.get('content-type'), 'application/json');
    assert.deepEqual(await clean.json(), []);
    assert.deepEqual(await served.post('/analyze', { text: 'x', language: 'en', entities: ['NO_SUCH'] }), {
      status: 500,
      body: { error: 'No matching recognizers were found to serve the request.' },
    });
  });
});

describe('POST /analyze', () => {
  it('answers a list of texts with a list of lists', async () => {
    const { body } = await analyze({ text: [`😀${CARD}`, 'nothing', ''] });
    assert.ok(Array.isArray(body));
    assert.deepEqual(body.map(places), [['1..20 CREDIT_CARD'], [], []]);
  });

  it('counts code points, whatever the text is made of', async () => {
    const text = `a ß 漢字 😀 e\u0301 𝒳 ${CARD} \ud800 b@example.com`;
    const { body } = await analyze({ text });
    assert.deepEqual(
      results(body)
        .map((one) => sliced(text, one))
        .sort(),
      [CARD, 'b@example.com'],
    );
  });

  it('leaves out what is below the threshold: the request says which, else only what has evidence is told', async () => {
    const text = `card ${CARD}, born 1 May 1980, 4111111111111111`;
    const scores = async (threshold: unknown) =>
      results((await analyze({ text, score_threshold: threshold })).body).map((one) => one.score);
    const all = await scores(0);
    assert.deepEqual(
      await scores(0.9),
      all.filter((score) => score >= 0.9),
    );
    assert.ok((await scores(null)).every((score) => score >= 0.5));
    assert.equal((await analyze({ text, score_threshold: '0.5' })).status, 400);
  });

  it('answers with an alternative where that is what was asked for', async () => {
    const text = `DATABASE_URL=postgres://app:${['s3', 'cr3t', 'Pw'].join('')}@db.internal:5432/app`;
    const wide = await analyze({ text, entities: ['CONNECTION_STRING'] });
    assert.deepEqual(
      results(wide.body).map((one) => one.entity_type),
      ['CONNECTION_STRING'],
    );
    assert.ok(results((await analyze({ text })).body).every((one) => one.entity_type !== 'CONNECTION_STRING'));
  });

  it('finds the words of a deny list whole, with their score, in any script', async () => {
    const recognizer = { supported_entity: 'TITLE', deny_list: ['Mr.', 'Sir', 'ller', '王'], deny_list_score: 0.7 };
    const { body } = await analyze({
      text: 'mr. Sir, Sirius Müller 王先生 SIR',
      ad_hoc_recognizers: [recognizer],
      entities: ['TITLE'],
    });
    assert.deepEqual(places(body), ['0..3 TITLE', '4..7 TITLE', '23..24 TITLE', '27..30 TITLE']);
    assert.ok(results(body).every((one) => one.score === 0.7));
  });

  it('reports ad hoc results of any score, lifted by context as Presidio lifts them', async () => {
    const zip = {
      name: 'Zip code Recognizer',
      supported_language: 'en',
      patterns: [{ name: 'zip code (weak)', regex: '(\\b\\d{5}(?:\\-\\d{4})?\\b)', score: 0.01 }],
      supported_entity: 'ZIP',
    };
    const text = 'Zip code: 10023';
    const alone = await analyze({ text, entities: ['ZIP'], ad_hoc_recognizers: [zip] });
    assert.deepEqual(
      results(alone.body).map((one) => [one.start, one.end, one.score]),
      [[10, 15, 0.01]],
    );
    const near = await analyze({
      text,
      entities: ['ZIP'],
      ad_hoc_recognizers: [{ ...zip, context: ['zip', 'code'] }],
      return_decision_process: true,
    });
    const [result] = results(near.body);
    assert.equal(result?.score, 0.4);
    assert.deepEqual(result?.analysis_explanation, {
      recognizer: 'Zip code Recognizer',
      pattern_name: 'zip code (weak)',
      pattern: '(\\b\\d{5}(?:\\-\\d{4})?\\b)',
      original_score: 0.01,
      score: 0.4,
      textual_explanation: 'Found by a pattern of Zip code Recognizer',
      score_context_improvement: 0.39,
      supportive_context_word: 'zip',
      validation_result: null,
    });
    const given = await analyze({
      text: 'send to 10023',
      entities: ['ZIP'],
      ad_hoc_recognizers: [{ ...zip, context: ['postal'] }],
      context: ['postal address'],
    });
    assert.deepEqual(
      results(given.body).map((one) => one.score),
      [0.4],
    );
  });

  it('takes the flags of Python for patterns and words', async () => {
    const patterns = [{ name: 'p', regex: '^abc.def$', score: 0.5 }];
    const find = async (regex_flags: number | undefined) =>
      places(
        (
          await analyze({
            text: 'x\nABC\nDEF\nabc def',
            entities: ['P'],
            ad_hoc_recognizers: [{ supported_entity: 'P', patterns }],
            ...(regex_flags === undefined ? {} : { regex_flags }),
          })
        ).body,
      );
    assert.deepEqual(await find(undefined), ['2..9 P', '10..17 P']);
    assert.deepEqual(await find(8), ['10..17 P']);
    assert.deepEqual(await find(2), []);
  });

  it('lifts the score of its own recognizers by context words that come with the request', async () => {
    const text = 'AC432223 078-05-1120 219-09-9999';
    const score = async (context: string[]) =>
      results((await analyze({ text, score_threshold: 0, context, entities: ['US_SSN'] })).body)[0]?.score ?? 0;
    assert.ok((await score(['social security'])) > (await score([])));
  });

  it('explains a score: with context and without', async () => {
    const { body } = await analyze({ text: 'my ssn is 219-09-9998', return_decision_process: 1 });
    const [result] = results(body);
    const explanation = result?.analysis_explanation;
    assert.equal(explanation?.['score'], result?.score);
    assert.ok(Number(explanation?.['original_score']) < Number(explanation?.['score']));
    assert.ok(Number(explanation?.['score_context_improvement']) > 0);
    assert.equal(
      Math.round((Number(explanation?.['original_score']) + Number(explanation?.['score_context_improvement'])) * 100),
      Math.round(Number(result?.score) * 100),
    );
    assert.equal(explanation?.['supportive_context_word'], 'ssn');
    assert.equal(explanation?.['recognizer'], result?.recognition_metadata['recognizer_name']);
  });

  it('says in a header that not all that is encoded in a text could be looked at', async () => {
    const own = await serveHere({}, { maxBodyBytes: 8 * 1024 * 1024, heldBytes: 16 * 1024 * 1024 });
    const line = Buffer.from('nothing to see here, move along now please. ').toString('base64');
    const text = `${line} `.repeat(60_000);
    const coverage = async (sent: string) => {
      const response = await fetch(`${own.url}/analyze`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: sent, language: 'en' }),
      });
      await response.json();
      return response.headers.get('x-weir-coverage');
    };
    assert.equal(await coverage(text), 'truncated: limit');
    assert.equal(await coverage(CARD), null);
    await own.close();
  });

  it('leaves alone what the allow list names: exactly, or by a pattern', async () => {
    const text = 'a@example.com b@example.com A@example.com';
    const left = async (more: Record<string, unknown>) =>
      results((await analyze({ text, ...more })).body).map((one) => sliced(text, one));
    assert.deepEqual(await left({ allow_list: ['a@example.com'] }), ['b@example.com', 'A@example.com']);
    const encoded = `data ${Buffer.from(`please pay with ${CARD} today`).toString('base64')}`;
    assert.equal(results((await analyze({ text: encoded })).body).length, 1);
    assert.deepEqual((await analyze({ text: encoded, allow_list: [CARD] })).body, []);
    assert.deepEqual(await left({ allow_list: ['^a@'], allow_list_match: 'regex' }), ['b@example.com']);
    assert.deepEqual(await left({ allow_list: ['^a@'], allow_list_match: 'regex', regex_flags: 0 }), [
      'b@example.com',
      'A@example.com',
    ]);
    assert.equal((await analyze({ text, allow_list: ['x'], allow_list_match: 'fuzzy' })).status, 500);
  });

  it('refuses what Presidio refuses, with its words', async () => {
    const error = async (body: unknown) => await served.post('/analyze', body);
    assert.deepEqual(await error({}), { status: 500, body: { error: 'No text provided' } });
    assert.deepEqual(await error({ language: 'en', text: '' }), { status: 500, body: { error: 'No text provided' } });
    assert.deepEqual(await error({ text: 'x' }), { status: 500, body: { error: 'No language provided' } });
    assert.equal((await error({ text: 'x', language: '../etc' })).status, 500);
    assert.equal((await error({ text: 7, language: 'en' })).status, 400);
    assert.equal((await error({ text: ['x', null], language: 'en' })).status, 400);
    assert.equal((await error([])).status, 400);
    for (const language of ['en', 'zh', 'pt-BR', 'zh_Hant', 'fil']) {
      assert.equal((await error({ text: 'x', language })).status, 200, language);
    }
  });

  it('refuses recognizers that it cannot read, with their place and without repeating them', async () => {
    const refused = async (recognizer: unknown) => {
      const { status, body } = await analyze({ text: 'x', ad_hoc_recognizers: [recognizer] });
      assert.equal(status, 400);
      return String((body as { error: string }).error);
    };
    const of = (...patterns: unknown[]) => ({ supported_entity: 'P', patterns });
    assert.match(
      await refused(of({ name: 'ok', regex: 'x', score: 1 }, { name: 'no', regex: 'SECRET(?=x)', score: 1 })),
      /ad_hoc_recognizers\[0\]\.patterns\[1\]\.regex: RE2 refuses this pattern: .*look-around/,
    );
    assert.ok(!(await refused(of({ regex: 'SECRET(', score: 1 }))).includes('SECRET'));
    assert.match(await refused(of({ regex: '((a{100}){100}){100}', score: 1 })), /patterns\[0\]\.regex/);
    assert.match(await refused(of({ type: 'x', bebex: 'x', confidence: 1 })), /patterns\[0\]: expected a score/);
    assert.match(await refused({ patterns: [{ regex: 'x', score: 1 }] }), /supported_entity/);
    assert.match(await refused({ supported_entity: 'P' }), /patterns or a deny_list/);
    assert.match(await refused(of(...Array.from({ length: 201 }, () => ({ regex: 'x', score: 1 })))), /200 patterns/);
    const verbose = await analyze({ text: 'x', regex_flags: 64 });
    assert.equal(verbose.status, 400);
  });
});

describe('POST /anonymize', () => {
  const text = 'hello world, my name is Jane Doe. My number is: 034453334';
  const analyzer_results = [
    { start: 24, end: 32, score: 0.8, entity_type: 'NAME' },
    { start: 24, end: 28, score: 0.8, entity_type: 'FIRST_NAME' },
    { start: 29, end: 32, score: 0.6, entity_type: 'LAST_NAME' },
    { start: 48, end: 57, score: 0.95, entity_type: 'PHONE_NUMBER' },
  ];
  const anonymized = async (body: Record<string, unknown>) => {
    const answer = await served.post('/anonymize', { text, analyzer_results, ...body });
    return {
      status: answer.status,
      ...(answer.body as { text: string; items: Record<string, unknown>[]; error: string }),
    };
  };
  const phone = async (operator: Record<string, unknown>) => {
    const { status, error, items } = await anonymized({
      anonymizers: { DEFAULT: { type: 'keep' }, PHONE_NUMBER: operator },
    });
    return status === 200 ? items[0]?.['text'] : `${status} ${error}`;
  };

  it('replaces by the operator of the entity or DEFAULT, and drops what lies inside another result', async () => {
    assert.deepEqual(
      await anonymized({
        anonymizers: {
          DEFAULT: { type: 'replace', new_value: 'ANONYMIZED' },
          PHONE_NUMBER: { type: 'mask', masking_char: '*', chars_to_mask: 4, from_end: true },
        },
      }),
      {
        status: 200,
        text: 'hello world, my name is ANONYMIZED. My number is: 03445****',
        items: [
          { start: 50, end: 59, entity_type: 'PHONE_NUMBER', text: '03445****', operator: 'mask' },
          { start: 24, end: 34, entity_type: 'NAME', text: 'ANONYMIZED', operator: 'replace' },
        ],
      },
    );
  });

  it('has all operators, with their parameters checked', async () => {
    assert.equal(await phone({ type: 'replace' }), '<PHONE_NUMBER>');
    assert.equal(await phone({ type: 'redact' }), '');
    assert.equal(await phone({ type: 'keep' }), '034453334');
    assert.equal(await phone({ type: 'mask', masking_char: '😀', chars_to_mask: 2 }), '😀😀4453334');
    assert.equal(await phone({ type: 'mask', masking_char: '#', chars_to_mask: 100, from_end: true }), '#########');
    assert.match(
      String(await phone({ type: 'mask', masking_char: '**', chars_to_mask: 2 })),
      /^422 .*must be a character/,
    );
    assert.match(String(await phone({ type: 'mask', chars_to_mask: 2 })), /^422 Expected parameter masking_char/);
    assert.match(String(await phone({ type: 'replace', new_value: 5 })), /^422 .*new_value\. Expecting 'string'/);
    assert.match(String(await phone({ type: 'rot13' })), /^422 Invalid operator class/);
    assert.match(String(await phone({ new_value: 'x' })), /^422 .*operator_name/);
    assert.match(String(await phone({ type: 'custom' })), /^400 Custom type anonymizer is not supported/);
    assert.match(String(await phone({ type: 'encrypt', key: 'short' })), /^422 .*128, 192 or 256 bits/);
    assert.match(String(await phone({ type: 'encrypt' })), /^422 Expected parameter key/);
  });

  it('hashes with a salt: the one that is given, else one that each request has of its own', async () => {
    const salt = 'sixteen-bytes-or-more';
    // printf %s 034453334sixteen-bytes-or-more | sha256sum
    assert.equal(
      await phone({ type: 'hash', salt }),
      'ec65015c99d8d57b341870ded40ea6ffbbe2dd519e56155c35f15bcbf53caabf',
    );
    assert.match(String(await phone({ type: 'hash', hash_type: 'sha512', salt })), /^[0-9a-f]{128}$/);
    assert.notEqual(await phone({ type: 'hash' }), await phone({ type: 'hash' }));
    const twice = await served.post('/anonymize', {
      text: 'ab ab',
      analyzer_results: [0, 3].map((start) => ({ start, end: start + 2, score: 1, entity_type: `E${start}` })),
      anonymizers: { DEFAULT: { type: 'hash' } },
    });
    const [first, second] = (twice.body as { items: { text: string }[] }).items;
    assert.equal(first?.text, second?.text);
    assert.match(String(await phone({ type: 'hash', salt: 'short' })), /^422 .*16 bytes/);
    assert.match(String(await phone({ type: 'hash', hash_type: 'md5' })), /^422 .*sha256, sha512/);
  });

  it('joins results of one entity that overlap or have a space between, and keeps the better of two at one place', async () => {
    const run = async (spans: readonly (readonly [number, number, string, number])[]) => {
      const body = {
        text: 'Jane Mary Doe lives here',
        analyzer_results: spans.map(([start, end, entity_type, score]) => ({ start, end, entity_type, score })),
      };
      return ((await served.post('/anonymize', body)).body as { text: string }).text;
    };
    assert.equal(
      await run([
        [0, 9, 'PERSON', 0.5],
        [5, 13, 'PERSON', 0.9],
      ]),
      '<PERSON> lives here',
    );
    assert.equal(
      await run([
        [5, 9, 'PERSON', 0.5],
        [0, 4, 'PERSON', 0.9],
        [10, 13, 'PERSON', 1],
      ]),
      '<PERSON> lives here',
    );
    assert.equal(
      await run([
        [0, 4, 'A', 0.5],
        [0, 4, 'B', 0.6],
        [0, 4, 'C', 0.4],
      ]),
      '<B> Mary Doe lives here',
    );
    assert.equal(
      await run([
        [0, 9, 'A', 0.5],
        [5, 13, 'B', 0.6],
      ]),
      '<A><B> lives here',
    );
    assert.equal(
      await run([
        [0, 13, 'A', 0.1],
        [5, 9, 'B', 0.9],
      ]),
      '<A> lives here',
    );
  });

  it('answers a list of texts with a list, and an empty list of results with the text', async () => {
    const { body } = await served.post('/anonymize', {
      text: ['😀 Jane', 'none'],
      analyzer_results: [[{ start: 2, end: 6, score: 1, entity_type: 'PERSON' }], []],
    });
    assert.deepEqual(body, [
      {
        text: '😀 <PERSON>',
        items: [{ start: 2, end: 10, entity_type: 'PERSON', text: '<PERSON>', operator: 'replace' }],
      },
      { text: 'none', items: [] },
    ]);
  });

  it('refuses what Presidio refuses, with its status', async () => {
    assert.deepEqual(await served.post('/anonymize', {}), { status: 400, body: { error: 'Invalid request json' } });
    assert.deepEqual(await served.post('/anonymize', { text }), {
      status: 422,
      body: { error: 'Invalid input, request must contain analyzer results' },
    });
    const status = async (result: unknown) => (await anonymized({ analyzer_results: [result] })).status;
    assert.equal(await status({ start: 24, end: 32, score: 0.8, entity_type: 'NAME' }), 200);
    assert.equal(await status({ start: 24, end: 99, score: 0.8, entity_type: 'NAME' }), 422);
    assert.equal(await status({ start: -1, end: 3, score: 0.8, entity_type: 'NAME' }), 422);
    assert.equal(await status({ start: 3, end: 1, score: 0.8, entity_type: 'NAME' }), 422);
    assert.equal(await status({ start: 24, end: 32, entity_type: 'NAME' }), 422);
    assert.equal(await status({ end: 32, score: 0.8, entity_type: 'NAME' }), 422);
    assert.equal(await status({ start: 24, end: 32, score: 0.8 }), 422);
    assert.equal(await status('x'), 422);
  });

  it('does not let small requests make endless text', async () => {
    const huge = 'x'.repeat(10_000);
    const many = Array.from({ length: 15_000 }, (_, start) => ({
      start,
      end: start + 1,
      score: 1,
      entity_type: `E${start % 2}`,
    }));
    const { status } = await served.post('/anonymize', {
      text: 'y'.repeat(15_000),
      analyzer_results: many,
      anonymizers: { DEFAULT: { type: 'replace', new_value: huge } },
    });
    assert.equal(status, 422);
  });
});

describe('POST /deanonymize', () => {
  const key = 'WmZq4t7w!z%C&F)J';

  it("decrypts what was encrypted, Presidio's ciphertexts among it", async () => {
    const text = 'My name is S184CMt9Drj7QaKQ21JTrpYzghnboTF9pn/neN8JME0=';
    const { status, body } = await served.post('/deanonymize', {
      text,
      deanonymizers: { PERSON: { type: 'decrypt', key } },
      anonymizer_results: [{ start: 11, end: 55, entity_type: 'PERSON' }],
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body, {
      text: 'My name is Chloë',
      items: [{ start: 11, end: 16, entity_type: 'PERSON', text: 'Chloë', operator: 'decrypt' }],
    });
  });

  it('gives back what the anonymizer encrypted, with keys of each size', async () => {
    for (const size of [16, 24, 32]) {
      const own = 'k'.repeat(size);
      const text = 'call 😀 Jörg now';
      const encrypted = await served.post('/anonymize', {
        text,
        analyzer_results: [{ start: 5, end: 11, score: 1, entity_type: 'PERSON' }],
        anonymizers: { PERSON: { type: 'encrypt', key: own } },
      });
      const { text: hidden, items } = encrypted.body as { text: string; items: unknown[] };
      assert.ok(!hidden.includes('Jörg'));
      const back = await served.post('/deanonymize', {
        text: hidden,
        anonymizer_results: items,
        deanonymizers: { DEFAULT: { type: 'decrypt', key: own } },
      });
      assert.equal((back.body as { text: string }).text, text);
      const wrong = await served.post('/deanonymize', {
        text: hidden,
        anonymizer_results: items,
        deanonymizers: { DEFAULT: { type: 'decrypt', key: 'w'.repeat(size) } },
      });
      assert.equal(wrong.status, 422);
    }
  });

  it('encrypts equal values alike when asked to', async () => {
    const text = async (deterministic: boolean) => {
      const { body } = await served.post('/anonymize', {
        text: 'Jane',
        analyzer_results: [{ start: 0, end: 4, score: 1, entity_type: 'PERSON' }],
        anonymizers: { DEFAULT: { type: 'encrypt', key, deterministic } },
      });
      return (body as { text: string }).text;
    };
    assert.equal(await text(true), await text(true));
    assert.notEqual(await text(false), await text(false));
  });

  it('needs a deanonymizer for each entity', async () => {
    const { status } = await served.post('/deanonymize', {
      text: 'x',
      anonymizer_results: [{ start: 0, end: 1, entity_type: 'PERSON' }],
    });
    assert.equal(status, 422);
  });
});

describe('the other paths', () => {
  it('list what there is', async () => {
    const { body: entities } = await served.get('/supportedentities?language=en');
    assert.ok(Array.isArray(entities));
    for (const entity of ['CREDIT_CARD', 'PERSON', 'CONNECTION_STRING']) assert.ok(entities.includes(entity), entity);
    assert.equal(new Set(entities).size, entities.length);
    const { body: recognizers } = await served.get('/recognizers');
    assert.ok(Array.isArray(recognizers) && recognizers.includes('credit-card'));
    assert.equal((await served.get('/recognizers?language=%00')).status, 500);
    assert.deepEqual((await served.get('/anonymizers')).body, ['hash', 'mask', 'redact', 'replace', 'encrypt', 'keep']);
    assert.deepEqual((await served.get('/deanonymizers')).body, ['decrypt', 'deanonymize_keep']);
    const health = await fetch(`${served.url}/health`);
    assert.equal(health.status, 200);
    assert.match(await health.text(), /is up/);
  });

  it('tell only what a configuration left on', async () => {
    const own = await serveHere({ scanner: createScanner({ disable: ['CREDIT_CARD'] }) });
    const { body } = await own.get('/supportedentities');
    assert.ok(Array.isArray(body) && !body.includes('CREDIT_CARD') && body.includes('PERSON'));
    assert.deepEqual((await own.post('/analyze', { text: CARD, language: 'en' })).body, []);
    await own.close();
  });

  it('are refused as JSON: unknown ones, other methods, other types, what is no JSON', async () => {
    const status = async (path: string, init: RequestInit) => {
      const response = await fetch(`${served.url}${path}`, init);
      const body = (await response.json()) as { error: string };
      assert.equal(typeof body.error, 'string');
      return response.status;
    };
    assert.equal(await status('/nothing', {}), 404);
    assert.equal(await status('/analyze', {}), 405);
    assert.equal(await status('/analyze', { method: 'POST', body: '{}' }), 415);
    const json = { 'content-type': 'application/json' };
    assert.equal(await status('/analyze', { method: 'POST', body: `{"text": "${CARD}`, headers: json }), 400);
    assert.equal(
      await status('/analyze', { method: 'POST', body: '{}', headers: { ...json, 'content-encoding': 'gzip' } }),
      415,
    );
  });
});

describe('the limits', () => {
  it('refuse a body that is too large, announced or not, and go on', async () => {
    const own = await serveHere({}, { maxBodyBytes: 2048 });
    const { status } = await own.post('/analyze', { text: 'x'.repeat(4096), language: 'en' });
    assert.equal(status, 413);
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 4; i++) controller.enqueue(Buffer.alloc(1024, 'x'));
        controller.close();
      },
    });
    const chunked = await fetch(`${own.url}/analyze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    });
    assert.equal(chunked.status, 413);
    assert.equal((await own.post('/analyze', { text: 'x', language: 'en' })).status, 200);
    await own.close();
  });

  it('end a request that does not arrive in time', async () => {
    const own = await serveHere({}, { requestMs: 300 });
    const socket = connect(Number(new URL(own.url).port), '127.0.0.1');
    socket.write('POST /analyze HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    assert.match(answer, /^HTTP\/1\.1 408 /);
    await own.close();
  });
});

describe('weir serve', () => {
  const place = makePlace();
  after(() => place.remove());

  it('runs with the recognizers of the configuration, logs no text, and stops when asked to', async () => {
    writeFileSync(
      join(place.folder, 'own.yaml'),
      [
        'apiVersion: weir/v1',
        'kind: Policy',
        'name: own',
        'recognizers:',
        '  - {entity: STAFF_ID, patterns: ["\\\\bE-[0-9]{6}\\\\b"], score: 0.9, hits: ["E-123456"]}',
        '',
      ].join('\n'),
    );
    writeFileSync(join(place.folder, 'weir.yaml'), 'policies: [own.yaml]\ndetection: {disable: [EMAIL_ADDRESS]}\n');
    const running = startWeirCommand(['serve', '--listen', '127.0.0.1:0', '--log-requests'], {
      cwd: place.folder,
      env: { WEIR_HOME: place.home },
    });
    const [, url = ''] = await running.shows(/serve listens on (http:\/\/127\.0\.0\.1:\d+)/);
    const response = await fetch(`${url}/analyze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: `E-123456 ${CARD} a@example.com`, language: 'en', correlation_id: 'req-7' }),
    });
    assert.deepEqual(places(await response.json()).sort(), ['0..8 STAFF_ID', '9..28 CREDIT_CARD']);
    await running.shows(/POST \/analyze 200 .*correlation_id=req-7/);
    running.signal('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0);
    assert.equal(stdout, '');
    assert.ok(!/4111|E-123456|@example/.test(stderr));
  });

  it('says what is wrong with its options, and names a port that is taken', async () => {
    assert.match((await place.call(['serve', '--listen', 'nowhere'])).err, /--listen must be host:port/);
    assert.match((await place.call(['serve', '--help'])).out, /PRESIDIO_ANALYZER_API_BASE/);
    const taken = await weir(['serve', '--listen', new URL(served.url).host], {
      cwd: place.folder,
      env: { WEIR_HOME: place.home },
    });
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /port_taken: 127\.0\.0\.1:\d+ is taken/);
  });
});
