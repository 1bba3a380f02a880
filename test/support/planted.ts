/**
 * Values that must never leave: assembled at run time, so that no file of the repository holds a thing that looks like a
 * credential. All are published examples or belong to no one.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The card number of every payment provider's test page. */
export const CARD = ['4111', '1111', '1111', '1111'].join(' ');
/** The access key of the AWS documentation, in another spelling: a scanner may exempt the documented one. */
export const AWS_KEY = ['AK', 'IA', 'QYLPMN5H', 'HGFTZXB3'].join('');
/** A key of the project form: prefix, 74 characters, the mark that all have, 74 characters. */
export const OPENAI_KEY = ['sk', '-proj-', mixed(74, 1), 'T3Blbk', 'FJ', mixed(74, 5)].join('');
export const MAIL = ['marta.lindqvist', 'northmill-works.com'].join('@');
/** With a title, as it takes for a name to be tokenized. */
export const PERSON = ['Marta', 'Lindqvist'].join(' ');

export const SENTENCE = `Please write to Mrs. ${PERSON} at ${MAIL} about the delivery.`;

/** Files below a folder that hold one of the values in clear, by path from the folder. Values are looked for as bytes, in UTF-8 and UTF-16. */
export function filesHolding(folder: string, values: readonly string[]): string[] {
  const needles = values.flatMap((value) => [
    Buffer.from(value),
    Buffer.from(value, 'utf16le'),
    Buffer.from(value.replaceAll(' ', '')),
  ]);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    return needles.some((needle) => bytes.includes(needle));
  });
}

/** Letters and digits without a meaning, the same each time. */
function mixed(length: number, step: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, (_, index) => letters[(index * 17 + step * 29) % letters.length]).join('');
}
