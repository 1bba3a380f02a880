/**
 * A rule that would have stopped a flow or an event, as a policy of its own with tests in it. It is text for a person to
 * read, change and keep: nothing is loaded from here.
 */
import type { Direction, Severity } from '../flow/decision.ts';
import type { Edge } from '../flow/edge.ts';
import type { EventFinding, WeirEvent } from '../flow/event.ts';
import { type Category, MEDIUM } from '../flow/finding.ts';
import type { Source } from '../flow/parties.ts';
import { sourceLabel } from './ends.ts';
import type { Knowledge } from './knowledge.ts';

/** What is to be stopped. */
export interface Unwanted {
  /** `event` or `edge`, and its id. */
  readonly of: string;
  readonly source: Source;
  readonly host: string;
  readonly port: number | null;
  readonly direction: Direction;
  /** Empty where nothing was found: then every message is to be stopped. */
  readonly classes: readonly { readonly entity: string; readonly count: number; readonly maxScore: number }[];
}

/** Of an event: what was found in the direction in which most was; null where its host never became known. */
export function unwantedEvent({ id, source, destination, findings }: WeirEvent): Unwanted | null {
  if (destination.host === null) return null;
  const sure = findings.filter(({ maxScore }) => maxScore >= MEDIUM);
  const counted = sure.length > 0 ? sure : findings;
  const total = (direction: Direction) =>
    counted.filter((one) => one.direction === direction).reduce((sum, { count }) => sum + count, 0);
  const direction = total('response') > total('request') ? 'response' : 'request';
  const classes = classesOf(counted.filter((one) => one.direction === direction));
  return { of: `event ${id}`, source, host: destination.host, port: destination.port, direction, classes };
}

function classesOf(findings: readonly EventFinding[]): Unwanted['classes'] {
  const byEntity = Map.groupBy(findings, ({ entity }) => entity);
  return [...byEntity].map(([entity, alike]) => ({
    entity,
    count: alike.reduce((sum, { count }) => sum + count, 0),
    maxScore: Math.max(...alike.map(({ maxScore }) => maxScore)),
  }));
}

/** Of an edge; null where its host never became known. */
export function unwantedEdge({ id, source, destination, direction, entities, details }: Edge): Unwanted | null {
  if (destination.host === null) return null;
  const classes = Object.entries(entities).map(([entity, count]) => ({
    entity,
    count,
    maxScore: details?.[entity]?.maxScore ?? MEDIUM,
  }));
  const { host, port } = destination;
  const way = direction === 'out' ? 'request' : 'response';
  return { of: `edge ${id}`, source, host, port, direction: way, classes };
}

/** A text in which an entity is found without anything beside it; null where none is known. */
export type ExampleOf = (entity: string) => string | null;

/** YAML that `weir policy check` takes: one policy with one rule, a test for each class that has an example. */
export function suggestedPolicy(unwanted: Unwanted, knowledge: Knowledge, exampleOf: ExampleOf): string {
  const { of, source, host, direction, classes } = unwanted;
  const app = source.verified ? source.app : null;
  const who = app ?? 'any source';
  const seen = classes.map(({ entity, count }) => `${entity} ${count}`).join(', ') || 'nothing sensitive';
  const lines = [
    `# Would have stopped ${of}: ${plain(sourceLabel(source))} ${direction === 'request' ? '->' : '<-'} ${plain(host)} (${plain(seen)}).`,
    ...(app === null ? ['# The source has no label with a token, so the rule holds for every source.'] : []),
    '# It holds for calls that pass the proxy. `action: tokenize` in place of `block` keeps the service going: values are',
    '# replaced on the way out and put back on the way in.',
    'apiVersion: weir/v1',
    'kind: Policy',
    `name: ${policyName(app, host)}`,
    `description: ${quoted(`${who} may not ${direction === 'request' ? 'send this to' : 'get this from'} ${host}.`)}`,
    `severity: ${severityOf(classes, knowledge)}`,
    'match:',
    `  destinations: {hosts: [${quoted(host)}]}`,
    ...(app === null ? [] : [`  sources: {apps: [${quoted(app)}]}`]),
    `  directions: [${direction}]`,
    'rules:',
    ...ruleLines(classes),
    'tests:',
    ...testLines(unwanted, { knowledge, exampleOf }),
  ];
  return `${lines.join('\n')}\n`;
}

function ruleLines(classes: Unwanted['classes']): readonly string[] {
  if (classes.length === 0) return ['  - name: everything', '    action: block', `    message: ${quoted(MESSAGE)}`];
  const least = Math.min(MEDIUM, ...classes.map(({ maxScore }) => maxScore));
  const score = least < MEDIUM ? `, minScore: ${Math.floor(least * 100) / 100}` : '';
  const entities = classes.map(({ entity }) => entity).toSorted();
  return [
    '  - name: found',
    `    detect: {entities: [${entities.map(quoted).join(', ')}]${score}}`,
    '    action: block',
    `    message: ${quoted(MESSAGE)}`,
  ];
}

const MESSAGE = 'This flow is not allowed. Ask the owner of the destination.';
const MAX_TESTS = 10;

function testLines(
  { host, port, source, direction, classes }: Unwanted,
  { knowledge, exampleOf }: { readonly knowledge: Knowledge; readonly exampleOf: ExampleOf },
): readonly string[] {
  const rest = [
    `to: ${quoted(port === null || port === 443 ? host : address(host, port))}`,
    ...(source.verified && source.app !== null ? [`app: ${quoted(source.app)}`] : []),
    ...(direction === 'request' ? [] : [`direction: ${direction}`]),
  ].join(', ');
  const test = (text: string, expect: string, more = '') => `  - {text: ${text}, ${rest}, expect: ${expect}${more}}`;
  if (classes.length === 0) return [test(quoted('hello'), 'block')];
  const hits = classes.flatMap(({ entity }) => {
    const text = exampleOf(entity);
    if (text === null) return [];
    const written = knowledge.categoryOf(entity) === 'credential' ? hidden(text) : quoted(text);
    return [test(written, 'block', `, entities: [${quoted(entity)}]`)];
  });
  return [...hits.slice(0, MAX_TESTS), test(quoted('nothing of the kind'), 'allow')];
}

function severityOf(classes: Unwanted['classes'], knowledge: Knowledge): Severity {
  const grave: readonly Category[] = ['credential', 'financial', 'health', 'government_id'];
  if (classes.length === 0) return 'medium';
  return classes.some(({ entity }) => grave.includes(knowledge.categoryOf(entity))) ? 'high' : 'medium';
}

/** Letters, digits, `-`, `_` and `.`, at most 64. */
function policyName(app: string | null, host: string): string {
  const words = `stop-${app === null ? 'any' : app}-to-${host}`.replace(/[^A-Za-z0-9._-]+/g, '-');
  return words.slice(0, 64).replace(/[^A-Za-z0-9]+$/, '');
}

function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One line of a comment. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·');
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

/**
 * An example of a credential must not stand as one in a file that is kept in git, where scanners would find it: one
 * character in each run of letters and digits is written as its code.
 */
function hidden(text: string): string {
  return quoted(text).replace(/(?<![A-Za-z0-9\\])([A-Za-z0-9])(?=[A-Za-z0-9_+/=-]{5,})/g, (letter) => {
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
