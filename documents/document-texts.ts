/** One document to its texts, whichever kind it is. Runs in the documents' thread; it opens nothing. */
import { isUtf8 } from 'node:buffer';
import { documentKind } from '../engine/extract/documents.ts';
import { archiveTexts, type Texts } from './archive.ts';
import { pdfTexts } from './pdf.ts';

/** Null for what cannot be read. Never rejects. */
export async function documentTexts(bytes: Buffer, depth = 0): Promise<Texts | null> {
  try {
    switch (documentKind(bytes)) {
      case 'pdf':
        return await pdfTexts(bytes, documentTexts, depth);
      case 'zip':
        return await archiveTexts(bytes, documentTexts, depth);
      case null:
        return isUtf8(bytes) && !bytes.includes(0)
          ? { texts: [{ name: 'text', text: bytes.toString('utf8') }], isWhole: true }
          : null;
    }
  } catch {
    return null; // a library that stumbles over what someone has made for it: it was not read
  }
}
