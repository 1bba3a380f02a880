/**
 * The text of what lies in a ZIP: Word, Excel, PowerPoint and OpenDocument files, or an archive of files, some of which may
 * be documents themselves. Every part is looked at, whatever its name says; pictures and other binary parts are left out
 * and said to be.
 */
import { isUtf8 } from 'node:buffer';
import { type DocumentText, documentKind } from '../engine/extract/documents.ts';
import { sharedStrings, sheetText } from './spreadsheet.ts';
import { xmlText } from './xml-text.ts';
import { readZip, type ZipFile } from './zip.ts';

export interface Texts {
  readonly texts: readonly DocumentText[];
  readonly isWhole: boolean;
}

/** Reads a document within a document; null where it cannot. */
export type ReadInner = (bytes: Buffer, depth: number) => Promise<Texts | null>;

const BOUNDS = { maxFiles: 2000, maxBytes: 64 << 20, maxRatio: 100 } as const;
/** An archive in an archive in an archive is as far as it goes. */
const MAX_DEPTH = 2;

/** Null where it is no ZIP that can be read. */
export async function archiveTexts(bytes: Buffer, readInner: ReadInner, depth: number): Promise<Texts | null> {
  const zip = readZip(bytes, BOUNDS);
  if (zip === null) return null;
  const texts: DocumentText[] = [];
  let { isWhole } = zip;
  const shared = zip.files.find(({ name }) => name === 'xl/sharedStrings.xml');
  const strings = shared === undefined ? [] : (sharedStrings(utf8Of(shared.bytes) ?? '') ?? []);
  for (const file of zip.files) {
    const kind = documentKind(file.bytes);
    if (kind !== null) {
      const inner = depth >= MAX_DEPTH ? null : await readInner(file.bytes, depth + 1);
      if (inner === null || !inner.isWhole) isWhole = false;
      for (const { name, text } of inner?.texts ?? []) texts.push({ name: `${file.name}/${name}`, text });
      continue;
    }
    const text = textOf(file, strings);
    if (text === null) isWhole = false;
    // A name is text as well: archives are sent with customers' names on their files.
    else texts.push({ name: file.name, text });
  }
  const names = zip.files.map(({ name }) => name).filter((name) => !isOfficePart(name));
  if (names.length > 0) texts.push({ name: 'names', text: names.join('\n') });
  return { texts, isWhole };
}

/** Null for what is no text. */
function textOf({ name, bytes }: ZipFile, strings: readonly string[]): string | null {
  const text = utf8Of(bytes);
  if (text === null) return null;
  if (!/^\s*<(?:\?xml|[A-Za-z])/.test(text)) return text;
  if (/^xl\/worksheets\/[^/]+\.xml$/.test(name)) return sheetText(text, strings) ?? text;
  // What is not well formed is read as it stands.
  return xmlText(text) ?? text;
}

function utf8Of(bytes: Buffer): string | null {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === 0xfffe) return bytes.toString('utf16le', 2);
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === 0xfeff && bytes.length % 2 === 0) {
    return Buffer.from(bytes.subarray(2)).swap16().toString('utf16le');
  }
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : null;
}

/** Parts that every Office file has under the same name. */
function isOfficePart(name: string): boolean {
  return /^(?:word|xl|ppt|docProps|_rels|customXml|META-INF)\/|^\[Content_Types\]\.xml$|\.rels$/.test(name);
}
