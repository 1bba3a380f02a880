/** Large messages looked at in a thread come to the same as when they are looked at here. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createEngine, fingerprinter } from '../../../cli/configured-engine.ts';
import { ExamineElsewhere } from '../../../cli/examining/examine-elsewhere.ts';
import { loadConfig } from '../../../config/load.ts';
import { loadPolicies } from '../../../config/policies.ts';
import { type Condensed, expanded } from '../../../engine/condensed.ts';
import { extract } from '../../../engine/extract/extract.ts';
import { openingOf } from '../../../engine/extract/opening.ts';
import { carryOut, type Engine, examine, judgeExamined, plan, wanted } from '../../../engine/inspect.ts';
import { Conversation } from '../../../engine/transform/conversation.ts';
import { restoreBody } from '../../../engine/transform/restore.ts';
import { applyEdits } from '../../../engine/transform/splice.ts';
import type { Message } from '../../../flow/message.ts';
import { bareSource } from '../../../flow/parties.ts';
import { openHome } from '../../../store/home.ts';
import { makePdf } from '../../support/made-documents.ts';
import { CARD, MAIL, PERSON } from '../../support/planted.ts';

const FILLER = 'The quarterly review of the warehouse "north" is on Tuesday.\nNothing else is planned. ';
/** Large in a coding, too. */
const ROWS = Array.from({ length: 30_000 }, (_, at) => `row ${at} of it`).join(', ');

let folder: string;
let engine: Engine;
let elsewhere: ExamineElsewhere;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-examine-'));
  const config = loadConfig({ file: null, env: { WEIR_HOME: join(folder, 'home') }, cwd: folder });
  const home = openHome(config.home);
  engine = createEngine(config, fingerprinter(home));
  elsewhere = new ExamineElsewhere(home.path, { config, documents: loadPolicies(config) }, () => {});
});
after(async () => {
  await elsewhere.close();
  rmSync(folder, { recursive: true, force: true });
});

function messageOf(
  contents: readonly unknown[],
  further: readonly string[] = [],
  coded = (body: Buffer) => body,
): Message {
  const messages = contents.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
  return {
    direction: 'request',
    source: bareSource(),
    destination: {
      host: 'api.openai.com',
      port: 443,
      vendor: 'OpenAI',
      category: 'genai',
      country: 'US',
      sanctioned: false,
    },
    method: 'POST',
    target: '/v1/chat/completions',
    status: null,
    headers: ['Host', 'api.openai.com', 'Content-Type', 'application/json', ...further],
    body: coded(Buffer.from(JSON.stringify({ model: 'gpt-4o', messages }))),
  };
}

/** The thread takes its time to start; until then all is looked at here. */
async function inThread(message: Message): Promise<Condensed> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const condensed = await elsewhere.examine(message, false);
    if (condensed !== null) return condensed;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return assert.fail('the thread did not become ready');
}

function carriedOut(message: Message, examined: ReturnType<typeof examine>) {
  const context = { now: new Date(0), held: true };
  const judged = judgeExamined(engine, message, examined, context);
  const { decision, edited } = carryOut(engine, judged, new Conversation());
  const { enforced, explanation, verdicts } = decision;
  return {
    action: enforced.action,
    rule: enforced.rule,
    explanation,
    verdicts: verdicts.length,
    sent: edited?.body ?? null,
  };
}

async function assertAlike(message: Message): Promise<string> {
  const here = examine(engine, extract(message, engine));
  const condensed = await inThread(message);
  const there = expanded(condensed, message.body);
  const shown = ({ findings, coverage, extraction }: typeof here) => ({
    findings: findings.map(({ segment, ...finding }) => ({ ...finding, of: extraction.segments[segment]?.path })),
    coverage,
    shape: extraction.shape,
    model: extraction.model,
    first: openingOf(extraction.firstUserText()),
  });
  assert.deepEqual(shown(there), shown(here));
  const sides = [carriedOut(message, there), carriedOut(message, here)] as const;
  assert.ok(sides[0].sent === null ? sides[1].sent === null : sides[1].sent?.equals(sides[0].sent));
  assert.deepEqual({ ...sides[0], sent: null }, { ...sides[1], sent: null });
  return sides[0].action;
}

describe('a large message', () => {
  it('is found clean, blocked or edited alike', async () => {
    assert.equal(await assertAlike(messageOf([FILLER.repeat(2000)])), 'allow');
    assert.equal(await assertAlike(messageOf([FILLER.repeat(1000), 'ok', `card ${CARD}`])), 'block');
    const edited = messageOf([
      `Write to ${MAIL}.\n${FILLER.repeat(900)}`,
      `<PERSON_1> has it`,
      `${PERSON} and ${MAIL}`,
    ]);
    assert.equal(await assertAlike(edited), 'tokenize');
  });

  it('is so with a coding, whose body comes back undone', async () => {
    const message = messageOf([`Write to ${MAIL}. ${ROWS}`], ['Content-Encoding', 'gzip'], gzipSync);
    assert.equal(await assertAlike(message), 'tokenize');
  });

  it('leaves the documents that it carries to be read', async () => {
    const file = {
      type: 'file',
      file: { file_data: `data:application/pdf;base64,${makePdf(['page']).toString('base64')}` },
    };
    const message = messageOf([[file, { type: 'text', text: FILLER.repeat(900) }]]);
    const { extraction } = expanded(await inThread(message), message.body);
    assert.equal(extraction.documents?.list[0]?.kind, 'pdf');
    assert.deepEqual(extraction.documents?.list[0]?.bytes, makePdf(['page']));
    assert.equal(extraction.coverage.level, 'full', 'of all but the document');
  });

  it('takes little with it: of clean texts nothing but that they were there', async () => {
    const condensed = await inThread(messageOf([FILLER.repeat(2000), FILLER.repeat(2000)]));
    assert.ok(condensed.segments.every(({ text }) => text.start === text.end));
    assert.equal(condensed.beside.length, 0);
  });

  it('is edited there too, alike, in memory that both share', async () => {
    for (const message of [
      messageOf([`Write to ${MAIL}.\n${FILLER.repeat(8000)}`, '<PERSON_7> is there']),
      messageOf([`Write to ${MAIL}. ${ROWS}`], ['Content-Encoding', 'gzip'], gzipSync),
    ]) {
      const condensed = await inThread(message);
      const context = { now: new Date(0), held: true };
      const judged = judgeExamined(engine, message, expanded(condensed, message.body), context);
      const { edits } = plan(engine, judged, new Conversation());
      assert.ok(edits.length > 0);
      const there = await elsewhere.edit(message, condensed, edits);
      const here = applyEdits(message, judged.extraction, edits);
      assert.ok(there !== null && there.body.buffer instanceof SharedArrayBuffer);
      assert.ok(there.body.equals(here.body));
      assert.deepEqual({ ...there, body: null }, { ...here, body: null });
    }
  });

  it('keeps the numbers of tokens that stand in it free, though their texts are not here', async () => {
    const message = messageOf([`Write to ${MAIL}.\n${FILLER.repeat(900)}`, 'What is <EMAIL_ADDRESS_1>?']);
    const examined = expanded(await inThread(message), message.body);
    assert.ok(!examined.extraction.segments.some(({ text }) => text.includes('<EMAIL_ADDRESS_1>')));
    const judged = judgeExamined(engine, message, examined, { now: new Date(0), held: true });
    assert.deepEqual(wanted(judged)?.literals, ['<EMAIL_ADDRESS_1>']);
  });

  it('has the values of tokens put back there, alike', async () => {
    const tokens = new Map([['<EMAIL_ADDRESS_1>', MAIL]]);
    const answer = (text: string): Message => ({
      ...messageOf([]),
      direction: 'response',
      status: 200,
      headers: ['Content-Type', 'application/json'],
      body: Buffer.from(JSON.stringify({ choices: [{ message: { role: 'assistant', content: text } }] })),
    });
    const message = answer(`${FILLER.repeat(900)} <EMAIL_ADDRESS_1>`);
    await inThread(message);
    const there = await elsewhere.restore(message, tokens);
    const here = restoreBody(message, extract(message, engine), { byToken: tokens });
    assert.equal(there?.restored, 1);
    assert.ok(there.body.buffer instanceof SharedArrayBuffer && there.body.equals(here.body));
    const untouched = answer(FILLER.repeat(900));
    const same = await elsewhere.restore(untouched, tokens);
    assert.deepEqual([same?.restored, same?.body === untouched.body], [0, true]);
  });

  it('that is small is looked at by whoever asks', () => {
    assert.equal(elsewhere.examine(messageOf(['short']), false), null);
  });
});
