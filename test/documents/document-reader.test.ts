import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openDocumentReader } from '../../documents/document-reader.ts';
import type { CarriedDocument } from '../../engine/extract/documents.ts';
import { FILE } from '../../engine/extract/zone.ts';
import { makeDocx, makePdf, makeZip } from '../support/made-documents.ts';

function carried(bytes: Buffer, kind: 'pdf' | 'zip'): CarriedDocument {
  return { bytes, kind, path: '/file', label: null, zone: FILE, part: { kind: 'body' } };
}

describe('the reader of documents', () => {
  const lines: string[] = [];
  const reader = openDocumentReader({ withinMs: 60_000, log: (line) => lines.push(line) });
  after(() => reader.close());

  it('answers in order, and leaves what it was given as it was', async () => {
    const word = makeDocx([['from Word']]);
    const before = Buffer.from(word);
    const readings = await reader.read([
      carried(makePdf(['from a PDF']), 'pdf'),
      carried(Buffer.from('PK\x03\x04 and nothing more of a ZIP', 'latin1'), 'zip'),
      carried(word, 'zip'),
    ]);
    assert.equal(readings[0]?.texts[0]?.text, 'from a PDF');
    assert.equal(readings[1], null);
    assert.ok(readings[2]?.texts.some(({ text }) => text === 'from Word'));
    assert.ok(word.equals(before));
    assert.deepEqual(lines, []);
  });

  it('says that a document was not read which takes too long, and reads the next one', async () => {
    const said: string[] = [];
    const hasty = openDocumentReader({ withinMs: 1, log: (line) => said.push(line) });
    const slow = makeZip(
      Array.from({ length: 400 }, (_, at) => [`${at}.xml`, `<a>${'<b>x</b>'.repeat(10_000)}</a>`] as const),
    );
    assert.deepEqual(await hasty.read([carried(slow, 'zip')]), [null]);
    assert.match(said.join(), /not read in time \(limits\.documentMs\)/);
    const [again] = await reader.read([carried(slow, 'zip'), carried(makeDocx([['beside it']]), 'zip')]);
    assert.equal(again?.texts.length, 401, 'with time enough it can be read');
    await hasty.close();
    const [next] = await reader.read([carried(makeDocx([['still here']]), 'zip')]);
    assert.ok(next?.texts.some(({ text }) => text === 'still here'));
  });

  it('takes no more than there is room for', async () => {
    const small = openDocumentReader({ withinMs: 60_000, log: () => {}, maxWaitingBytes: 100 });
    assert.deepEqual(await small.read([carried(makePdf(['text']), 'pdf')]), [null]);
    await small.close();
  });

  it('reads nothing more once it is closed', async () => {
    const closed = openDocumentReader({ withinMs: 60_000, log: () => {} });
    await closed.close();
    assert.deepEqual(await closed.read([carried(makeDocx([['text']]), 'zip')]), [null]);
  });
});
