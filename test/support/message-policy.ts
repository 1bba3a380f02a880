/** The policy of the tests of streams of messages: what it does to a client's messages and to a server's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const POLICY = `apiVersion: weir/v1
kind: Policy
name: own
match: {destinations: {categories: [genai]}}
rules:
  - {name: card, match: {directions: [request]}, detect: {entities: [CREDIT_CARD]}, action: block, message: No cards.}
  - {name: mail, match: {directions: [request]}, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}
  - {name: account, match: {directions: [response]}, detect: {entities: [IBAN_CODE]}, action: redact}
  - {name: number, match: {directions: [response]}, detect: {entities: [US_SSN]}, action: block}
`;

export interface MessagePolicy {
  readonly folder: string;
  readonly file: string;
  remove(): void;
}

/** The policy in a file of a folder of its own. */
export function writeMessagePolicy(): MessagePolicy {
  const folder = mkdtempSync(join(tmpdir(), 'weir-messages-'));
  const file = join(folder, 'own.yaml');
  writeFileSync(file, POLICY);
  return { folder, file, remove: () => rmSync(folder, { recursive: true }) };
}
