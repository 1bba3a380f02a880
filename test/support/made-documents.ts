/** Small documents as programs write them: what a test plants in one is all that is in it. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipOptions {
  /** By file: bits of the general purpose flag, another method, or fields that say something else than they should. */
  readonly flags?: number;
  readonly method?: number;
  readonly localName?: string;
  readonly size?: number;
  readonly crc?: number;
}

export type ZipEntry = readonly [name: string, content: string | Buffer, options?: ZipOptions];

export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content, options = {}] of entries) {
    const bytes = Buffer.from(content);
    const method = options.method ?? 8;
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(options.flags ?? 0, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(options.crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(options.size ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const localFields = Buffer.from(fields);
    const localName = options.localName ?? name;
    localFields.writeUInt16LE(Buffer.byteLength(localName), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), localFields, Buffer.from(localName), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const TYPES: ZipEntry = ['[Content_Types].xml', '<?xml version="1.0"?><Types/>'];

/** A Word file; a run a piece, so that a word may be cut between runs as Word cuts them. */
export function makeDocx(paragraphs: readonly (readonly string[])[], further: readonly ZipEntry[] = []): Buffer {
  const body = paragraphs.map(
    (runs) => `<w:p>${runs.map((run) => `<w:r><w:t>${xml(run)}</w:t></w:r>`).join('')}</w:p>`,
  );
  const document = `<?xml version="1.0"?><w:document ${W}><w:body>${body.join('\n')}</w:body></w:document>`;
  return makeZip([TYPES, ['word/document.xml', document], ...further]);
}

/** An Excel file: texts are shared, numbers stand in their cells. */
export function makeXlsx(rows: readonly (readonly (string | number)[])[]): Buffer {
  const strings: string[] = [];
  const cells = (row: readonly (string | number)[], at: number): string =>
    row
      .map((cell, column) => {
        const place = `r="${String.fromCharCode(65 + column)}${at + 1}"`;
        if (typeof cell === 'number') return `<c ${place}><v>${cell}</v></c>`;
        strings.push(`<si><t>${xml(cell)}</t></si>`);
        return `<c ${place} t="s"><v>${strings.length - 1}</v></c>`;
      })
      .join('');
  const data = rows.map((row, at) => `<row r="${at + 1}">${cells(row, at)}</row>`).join('');
  return makeZip([
    TYPES,
    ['xl/worksheets/sheet1.xml', `<?xml version="1.0"?><worksheet><sheetData>${data}</sheetData></worksheet>`],
    ['xl/sharedStrings.xml', `<?xml version="1.0"?><sst>${strings.join('')}</sst>`],
  ]);
}

/** A PDF with a page for each text (in WinAnsi, 80 characters a line at most), uncompressed. */
export function makePdf(pages: readonly string[], information: Readonly<Record<string, string>> = {}): Buffer {
  const objects: string[] = [];
  const add = (content: string): number => objects.push(content);
  add('<< /Type /Catalog /Pages 2 0 R >>');
  const kids = pages.map((_, at) => `${4 + at * 2} 0 R`).join(' ');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  for (const [at, page] of pages.entries()) {
    const lines = page.split('\n').map((line) => `(${pdfText(line)}) Tj T*`);
    const stream = page === '' ? '' : `BT /F1 12 Tf 14 TL 72 720 Td ${lines.join(' ')} ET`;
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
    );
    add(`<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
  }
  const entries = Object.entries(information).map(([name, value]) => `/${name} (${pdfText(value)})`);
  const info = add(`<< ${entries.join(' ')} >>`);
  let out = '%PDF-1.7\n';
  const offsets = objects.map((content, at) => {
    const offset = out.length;
    out += `${at + 1} 0 obj\n${content}\nendobj\n`;
    return offset;
  });
  const start = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const offset of offsets) out += `${String(offset).padStart(10, '0')} 00000 n \n`;
  out += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info ${info} 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}

function pdfText(text: string): string {
  return text.replace(/[\\()]/g, '\\$&');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
