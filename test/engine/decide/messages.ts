/** Messages for tests of decisions, made by hand: what stands where is written down, nothing is scanned. */
import { createHash } from 'node:crypto';
import { problemText } from '../../../engine/decide/checked-yaml.ts';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import { compilePolicies, type DecideInput, type PolicySet } from '../../../engine/decide/policy-set.ts';
import { FULL } from '../../../flow/coverage.ts';
import type { Category, Finding } from '../../../flow/finding.ts';
import { bareSource, type Destination, type Source } from '../../../flow/parties.ts';
import type { Position, Role, Segment } from '../../../flow/segment.ts';

export const OPENAI: Destination = {
  host: 'api.openai.com',
  port: 443,
  vendor: 'OpenAI',
  category: 'genai',
  country: 'US',
  sanctioned: false,
};

export const NOBODY: Source = bareSource();

const CATEGORY_OF: Readonly<Record<string, Category>> = {
  CREDIT_CARD: 'financial',
  IBAN_CODE: 'financial',
  EMAIL_ADDRESS: 'personal',
  PERSON: 'personal',
  US_SSN: 'government_id',
};

/** One text with a role, a position and what is found in it: entity, value, score. */
export interface Part {
  readonly text: string;
  readonly role?: Role;
  readonly position?: Position;
  readonly path?: string;
  readonly immutable?: boolean;
  readonly found?: readonly {
    readonly entity: string;
    readonly value: string;
    readonly score?: number;
    readonly category?: Category;
    readonly alternatives?: readonly { readonly entity: string; readonly score: number }[];
  }[];
}

/** A message of these parts to OpenAI from nobody in particular, unless `with` says otherwise. */
export function messageOf(parts: readonly Part[], overrides: Partial<DecideInput> = {}): DecideInput {
  const segments: Segment[] = [];
  const findings: Finding[] = [];
  for (const [index, part] of parts.entries()) {
    const { role = 'user', position = 'latest', path = `/messages/${index}/content`, immutable = false } = part;
    const text = Buffer.from(part.text);
    const layer = { kind: 'raw', start: 0, end: text.length } as const;
    segments.push({ text, path, label: null, role, position, part: { kind: 'body' }, layers: [layer], immutable });
    let from = 0;
    for (const { entity, value, score = 1, category, alternatives = [] } of part.found ?? []) {
      const start = text.indexOf(value, from);
      if (start === -1) throw new Error(`the text has no ${entity} after byte ${from}`);
      from = start + Buffer.byteLength(value);
      findings.push({
        entity,
        category: category ?? CATEGORY_OF[entity] ?? 'custom',
        start,
        end: from,
        score,
        recognizer: 'by-hand',
        alternatives,
        segment: index,
        path,
        role,
        position,
        fingerprint: createHash('sha256').update(`${entity}\0${value}`).digest('base64url').slice(0, 22),
      });
    }
  }
  return {
    direction: 'request',
    source: NOBODY,
    destination: OPENAI,
    model: null,
    findings,
    segments,
    coverage: FULL,
    now: new Date('2026-06-01T12:00:00Z'),
    ...overrides,
  };
}

/** Compiles documents written without their first line, `apiVersion`. Throws when one has a problem. */
export function policiesOf(...documents: readonly string[]): PolicySet {
  const text = documents.map((document) => `apiVersion: weir/v1\n${document}`).join('\n---\n');
  const parsed = parsePolicies('test.yaml', text);
  if (parsed.problems.length > 0) throw new Error(parsed.problems.map(problemText).join('\n'));
  return compilePolicies(parsed.documents);
}

/** A policy `p` with rules in flow style: `{name: r, action: block}`. */
export function policyOf(rules: readonly string[], more = ''): string {
  return `kind: Policy\nname: p\n${more}\nrules:\n${rules.map((rule) => `  - ${rule}`).join('\n')}`;
}
