/**
 * The text of a PDF (ISO 32000) by pdf.js: pages, values of its forms, remarks, information and attached files. Nothing in
 * it is run or drawn. A page without text is most likely a scan, and is said not to be read.
 */
import type { DocumentText } from '../engine/extract/documents.ts';
import type { ReadInner, Texts } from './archive.ts';

const MAX_PAGES = 2000;

/** Null where it cannot be read, as with a password. */
export async function pdfTexts(bytes: Buffer, readInner: ReadInner, depth: number): Promise<Texts | null> {
  const { getDocumentProxy } = await import('unpdf');
  // A copy: pdf.js keeps what it is given.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), {
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    verbosity: 0,
  }).catch(() => null);
  if (pdf === null) return null;
  try {
    const texts: DocumentText[] = [];
    let isWhole = pdf.numPages <= MAX_PAGES;
    for (let number = 1; number <= Math.min(pdf.numPages, MAX_PAGES); number++) {
      const page = await pdf.getPage(number);
      const text = [pageText(await page.getTextContent()), ...remarks(await page.getAnnotations())].join('\n').trim();
      if (text === '') isWhole = false;
      texts.push({ name: `page ${number}`, text });
      page.cleanup();
    }
    const { info } = await pdf.getMetadata();
    texts.push({ name: 'information', text: strings(info).join('\n') });
    for (const { filename, content } of attachments(await pdf.getAttachments())) {
      const inner = depth >= 2 ? null : await readInner(content, depth + 1);
      if (inner === null || !inner.isWhole) isWhole = false;
      texts.push({ name: 'attachment', text: filename });
      for (const { name, text } of inner?.texts ?? []) texts.push({ name: `${filename}/${name}`, text });
    }
    return { texts, isWhole };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

function pageText(content: { readonly items: readonly unknown[] }): string {
  let text = '';
  for (const item of content.items) {
    if (!isObject(item) || typeof item['str'] !== 'string') continue;
    text += item['str'];
    if (item['hasEOL'] === true) text += '\n';
  }
  return text;
}

/** What was filled in and remarked, and where links lead. */
function remarks(annotations: readonly unknown[]): string[] {
  return annotations.flatMap((annotation) => {
    if (!isObject(annotation)) return [];
    const { fieldName, fieldValue, url, contentsObj } = annotation;
    const value = Array.isArray(fieldValue) ? fieldValue.join(' ') : fieldValue;
    const remark = isObject(contentsObj) ? contentsObj['str'] : null;
    const field = typeof value === 'string' && value !== '' ? `${String(fieldName ?? '')}: ${value}` : null;
    return [field, remark, url].filter((one): one is string => typeof one === 'string' && one !== '');
  });
}

function attachments(found: unknown): { readonly filename: string; readonly content: Buffer }[] {
  if (!isObject(found)) return [];
  return Object.values(found).flatMap((one) => {
    if (!isObject(one) || !(one['content'] instanceof Uint8Array)) return [];
    return [{ filename: String(one['filename'] ?? 'attachment'), content: Buffer.from(one['content']) }];
  });
}

function strings(info: unknown): string[] {
  return isObject(info) ? Object.values(info).filter((one): one is string => typeof one === 'string') : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
