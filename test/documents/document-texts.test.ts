import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentTexts } from '../../documents/document-texts.ts';
import { makeDocx, makePdf, makeXlsx, makeZip } from '../support/made-documents.ts';

async function textsOf(bytes: Buffer): Promise<Readonly<Record<string, string>>> {
  const read = await documentTexts(bytes);
  assert.ok(read !== null, 'it can be read');
  return Object.fromEntries(read.texts.map(({ name, text }) => [name, text]));
}

async function isWhole(bytes: Buffer): Promise<boolean | null> {
  return (await documentTexts(bytes))?.isWhole ?? null;
}

describe('a Word file', () => {
  it('gives its text in paragraphs, a word whole that Word cut into runs', async () => {
    const texts = await textsOf(makeDocx([['Dear ', 'Mrs. Lind', 'qvist,'], ['your card & more < less']]));
    assert.equal(texts['word/document.xml'], 'Dear Mrs. Lindqvist,\nyour card & more < less');
  });

  it('gives tables by cells and rows, and every other part', async () => {
    const table =
      '<w:tbl><w:tr><w:tc><w:p>IBAN</w:p></w:tc><w:tc><w:p>Name</w:p></w:tc></w:tr><w:tr><w:tc><w:p>1</w:p></w:tc><w:tc><w:p>2</w:p></w:tc></w:tr></w:tbl>';
    const texts = await textsOf(
      makeDocx(
        [],
        [
          ['word/tables.xml', `<w:x xmlns:w="w">${table}</w:x>`],
          ['word/comments.xml', '<w:comments xmlns:w="w"><w:comment><w:p>remark</w:p></w:comment></w:comments>'],
          ['docProps/core.xml', '<p:core xmlns:p="p"><p:creator>M. Lindqvist</p:creator></p:core>'],
          ['customXml/hidden.xml', '<a><b><![CDATA[in no known place]]></b></a>'],
          ['word/_rels/document.xml.rels', '<r><Relationship Target="mailto:a@b.example"/></r>'],
        ],
      ),
    );
    assert.equal(texts['word/tables.xml'], 'IBAN\tName\n1\t2');
    assert.equal(texts['word/comments.xml'], 'remark');
    assert.equal(texts['docProps/core.xml'], 'M. Lindqvist');
    assert.equal(texts['customXml/hidden.xml'], 'in no known place');
    assert.match(texts['word/_rels/document.xml.rels'] ?? '', /mailto:a@b\.example/);
  });

  it('is read as it stands where a part is not well formed', async () => {
    const texts = await textsOf(makeDocx([], [['word/broken.xml', '<a>left open & so on']]));
    assert.match(texts['word/broken.xml'] ?? '', /left open & so on/);
  });

  it('is not whole with a picture in it', async () => {
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);
    assert.equal(await isWhole(makeDocx([['text']])), true);
    assert.equal(await isWhole(makeDocx([['text']], [['word/media/image1.png', picture]])), false);
  });
});

describe('an Excel file', () => {
  it('gives sheets as lines of cells, shared texts in their places', async () => {
    const texts = await textsOf(
      makeXlsx([
        ['Name', 'Amount'],
        ['Marta', 12.5],
        ['', 3],
      ]),
    );
    assert.equal(texts['xl/worksheets/sheet1.xml'], 'Name\tAmount\nMarta\t12.5\n\t3');
  });
});

describe('an archive', () => {
  it('gives the text of its files and their names, archives within it too', async () => {
    const inner = makeZip([['deep.txt', 'deep text']]);
    const texts = await textsOf(
      makeZip([
        ['a.csv', 'name,iban'],
        ['inner.zip', inner],
        ['x/b.json', '{"a":1}'],
      ]),
    );
    assert.equal(texts['a.csv'], 'name,iban');
    assert.equal(texts['inner.zip/deep.txt'], 'deep text');
    assert.equal(texts['x/b.json'], '{"a":1}');
    assert.equal(texts['names'], 'a.csv\ninner.zip\nx/b.json');
  });

  it('is not whole beyond a depth, with what is encrypted, or packed in a way that is not read', async () => {
    const deep = [1, 2, 3].reduce((zip) => makeZip([['z.zip', zip]]), makeZip([['t.txt', 'text']]));
    assert.equal(await isWhole(deep), false);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { flags: 1 }]])), false);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { method: 12 }]])), false);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { method: 0 }]])), true);
  });

  it('is not read where its parts say different things: another reader would see another text', async () => {
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { localName: 'b.txt' }]])), null);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { size: 2 }]])), null);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { size: 400 }]])), null);
    assert.equal(await isWhole(makeZip([['a.txt', 'text', { crc: 1 }]])), null);
    const zip = makeZip([['a.txt', 'text']]);
    assert.equal(await isWhole(Buffer.concat([zip, Buffer.from('tail')])), null);
    assert.equal(await isWhole(zip.subarray(0, -1)), null);
  });

  it('is bounded: a small file cannot become a huge one', async () => {
    assert.equal(await isWhole(makeZip([['bomb.txt', Buffer.alloc(8 << 20, 'a')]])), false);
  });

  it('never throws, whatever its bytes', async () => {
    const zip = makeDocx([['some text of a document']]);
    for (let at = 0; at < zip.length; at++) {
      const bytes = Buffer.from(zip);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      await documentTexts(bytes);
      await documentTexts(zip.subarray(0, at));
    }
  });
});

describe('a PDF', () => {
  it('gives its pages and its information', async () => {
    const texts = await textsOf(makePdf(['first (page)\nsecond line', 'other'], { Author: 'Marta Lindqvist' }));
    assert.match(texts['page 1'] ?? '', /first \(page\)\s+second line/);
    assert.equal(texts['page 2'], 'other');
    assert.match(texts['information'] ?? '', /Marta Lindqvist/);
  });

  it('is not whole with a page without text, which is most likely a picture', async () => {
    assert.equal(await isWhole(makePdf(['text'])), true);
    assert.equal(await isWhole(makePdf(['text', ''])), false);
  });

  it('is found inside an archive', async () => {
    const texts = await textsOf(makeZip([['report.pdf', makePdf(['the report'])]]));
    assert.equal(texts['report.pdf/page 1'], 'the report');
  });

  it('is not read where it is none', async () => {
    assert.equal(await isWhole(Buffer.from('%PDF-1.7 and nothing of a PDF behind it')), null);
  });
});
