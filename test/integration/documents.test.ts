/** Documents inside calls: what is in a PDF or an Office file is judged like any other text. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeDocx, makePdf, makeXlsx, makeZip } from '../support/made-documents.ts';
import { CARD, MAIL } from '../support/planted.ts';
import { ANTHROPIC, OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ config: { proxy: { limits: { documentMs: '1m' } } } });
});
after(() => weir.close());

async function post(host: string, target: string, body: unknown): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.write(jsonRequest('POST', target, host, body));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

function toAnthropic(document: Buffer, mediaType: string): Promise<WireAnswer> {
  const source = { type: 'base64', media_type: mediaType, data: document.toString('base64') };
  const content = [
    { type: 'document', source },
    { type: 'text', text: 'What does it say?' },
  ];
  return post(ANTHROPIC, '/v1/messages', { model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content }] });
}

function toOpenai(document: Buffer, mediaType: string, name: string): Promise<WireAnswer> {
  const file = { filename: name, file_data: `data:${mediaType};base64,${document.toString('base64')}` };
  const content = [{ type: 'file', file }];
  return post(OPENAI, '/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content }] });
}

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

test('a card in a PDF is blocked, with the page named', async () => {
  const sent = weir.standIn.requests.length;
  const answer = await toAnthropic(makePdf(['Nothing here.', `Please charge card ${CARD}`]), 'application/pdf');
  assert.equal(answer.status, 400);
  assert.match(answer.text, /1 CREDIT_CARD in \/messages\/0\/content\/0\/source\/data\/page 2/);
  assert.equal(weir.standIn.requests.length, sent);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.equal(event.coverage.level, 'full');
  assert.equal(event.findings[0]?.role, 'file');
});

test('a card in an Excel sheet is found by the heading of its column', async () => {
  const answer = await toOpenai(
    makeXlsx([
      ['Name', 'Card number'],
      ['A. B.', CARD.replaceAll(' ', '')],
    ]),
    XLSX,
    'a.xlsx',
  );
  assert.equal(answer.status, 400);
  assert.match(answer.text, /CREDIT_CARD in .*sheet1\.xml/);
});

test('what would be replaced is blocked: no edit can be made inside a document', async () => {
  const answer = await toOpenai(makeDocx([[`Write to ${MAIL.slice(0, 9)}`, `${MAIL.slice(9)} today`]]), DOCX, 'a.docx');
  assert.equal(answer.status, 400);
  assert.match(answer.text, /1 EMAIL_ADDRESS in .*word~1document\.xml/);
  assert.ok(!answer.text.includes(MAIL));
});

test('a document with nothing in it passes unchanged, and counts as seen', async () => {
  const document = makeDocx([['The quarterly review is on Tuesday.']]);
  const answer = await toOpenai(document, DOCX, 'a.docx');
  assert.equal(answer.status, 200);
  assert.ok(weir.standIn.requests.at(-1)?.body.includes(document.toString('base64')));
  assert.deepEqual((await weir.event(answer.header('x-weir-event'))).coverage, { level: 'full', reason: null });
});

test('one that cannot be read is opaque, as a picture is', async () => {
  const locked = makeZip([['word/document.xml', `card ${CARD}`, { flags: 1 }]]);
  const partly = await weir.event((await toOpenai(locked, DOCX, 'a.docx')).header('x-weir-event'));
  assert.deepEqual(partly.coverage, { level: 'truncated', reason: 'document' });
  const broken = Buffer.concat([locked.subarray(0, 60), Buffer.alloc(60)]);
  const event = await weir.event((await toOpenai(broken, DOCX, 'a.docx')).header('x-weir-event'));
  assert.deepEqual(event.coverage, { level: 'opaque', reason: 'media' });
  assert.equal(event.action, 'alert');
});

test('a file that is uploaded by itself is read as well', async () => {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  const document = makePdf([`card ${CARD}`]);
  const head =
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), document, Buffer.from('\r\n--b--\r\n')]);
  wire.write(
    `POST /v1/files HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  wire.write(body);
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 400);
  assert.match(answer.text, /CREDIT_CARD in \/part\/file\/page 1/);
});
