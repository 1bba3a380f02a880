/**
 * The published examples of credentials (test/corpus/secrets) against the scanner: how many of the secrets are found, how
 * many texts without one are left alone, and whether a vendor's secret is named after the vendor. What is reported names
 * rows and rules, never a value.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { MEDIUM, type TextFinding } from '../../flow/finding.ts';
import { VENDOR_ENTITIES, vendorEntityOf } from './secret-vendors.ts';

export interface SecretExample {
  readonly row: number;
  readonly rule: string;
  /** Of the rule, in words. */
  readonly name: string;
  readonly label: 0 | 1;
  readonly text: Buffer;
  /** Bytes of `text`. */
  readonly start: number;
  readonly end: number;
}

export type Judgement = 'identifier' | 'host' | 'public' | 'placeholder' | 'none' | 'secret';

export interface Judged {
  readonly row: number;
  readonly rule: string;
  readonly as: Judgement;
  readonly reason: string;
}

export interface VendorFigures {
  readonly entity: string;
  readonly rows: number;
  /** Of them found under the vendor's name, as entity or as an alternative. */
  readonly named: number;
  readonly unnamed: readonly SecretExample[];
}

export interface SecretFigures {
  readonly secrets: number;
  readonly missed: readonly SecretExample[];
  readonly recall: number;
  /** Labelled true, judged no secret, and left out of `secrets`. */
  readonly leftOut: number;
  readonly without: number;
  readonly wrong: readonly SecretExample[];
  readonly vendors: readonly VendorFigures[];
}

const FOLDER = join(packageRoot, 'test', 'corpus', 'secrets');

function linesOf<T>(file: string): T[] {
  const lines = readFileSync(join(FOLDER, file), 'utf8').trim().split('\n');
  return lines.map((line): T => JSON.parse(line));
}

export function secretExamples(): readonly SecretExample[] {
  return linesOf<Omit<SecretExample, 'text'> & { text64: string }>('secrets.jsonl').map(({ text64, ...rest }) => ({
    ...rest,
    text: Buffer.from(text64, 'base64'),
  }));
}

export function judgedExamples(): ReadonlyMap<number, Judged> {
  return new Map(linesOf<Judged>('judged.jsonl').map((judged) => [judged.row, judged]));
}

export function measureSecrets(scanner: Scanner): SecretFigures {
  const judged = judgedExamples();
  const secrets: SecretExample[] = [];
  const missed: SecretExample[] = [];
  const without: SecretExample[] = [];
  const wrong: SecretExample[] = [];
  const vendors = new Map(VENDOR_ENTITIES.map((entity) => [entity, { rows: 0, unnamed: [] as SecretExample[] }]));
  for (const example of secretExamples()) {
    const as = judged.get(example.row)?.as;
    const findings = credentialsIn(scanner, example.text);
    if (example.label === 0) {
      if (as === 'secret') continue;
      without.push(example);
      if (findings.length > 0) wrong.push(example);
      continue;
    }
    if (as !== undefined) continue;
    secrets.push(example);
    const over = findings.filter((one) => one.start < example.end && one.end > example.start);
    if (over.length === 0) missed.push(example);
    const entity = vendorEntityOf(example.rule, example.text.toString('utf8', example.start, example.end));
    const vendor = entity === null ? undefined : vendors.get(entity);
    if (vendor === undefined || entity === null) continue;
    vendor.rows++;
    if (!over.some((one) => isNamed(one, entity))) vendor.unnamed.push(example);
  }
  return {
    secrets: secrets.length,
    missed,
    recall: 1 - missed.length / secrets.length,
    leftOut: [...judged.values()].filter(({ as }) => as !== 'none' && as !== 'secret').length,
    without: without.length,
    wrong,
    vendors: [...vendors].map(([entity, { rows, unnamed }]) => ({
      entity,
      rows,
      named: rows - unnamed.length,
      unnamed,
    })),
  };
}

function credentialsIn(scanner: Scanner, text: Buffer): TextFinding[] {
  const findings = scanner.scan(text, { label: null, role: null });
  return findings.filter((one) => one.category === 'credential' && one.score >= MEDIUM);
}

function isNamed(finding: TextFinding, entity: string): boolean {
  return finding.entity === entity || finding.alternatives.some((other) => other.entity === entity);
}
