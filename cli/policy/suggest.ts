/** `weir policy suggest`: a rule that would have stopped an event or an edge. It prints; nothing is loaded or changed. */
import { createCatalog } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import { policyPaths, readPolicies } from '../../config/policies.ts';
import { isPolicy, type PolicyDocument, type PolicyOf, parsePolicies } from '../../engine/decide/policy-file.ts';
import { recognizersOf } from '../../engine/decide/policy-set.ts';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import { createScanner, ENTITIES, type Scanner } from '../../engine/scan/scanner.ts';
import type { Edge } from '../../flow/edge.ts';
import { MEDIUM } from '../../flow/finding.ts';
import { suggestedPolicy, type Unwanted, unwantedEdge, unwantedEvent } from '../../map/suggested-policy.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { type Command, type CommandContext, UsageError } from '../command.ts';
import { knowledgeOf } from '../flows/knowledge.ts';
import { cleanText } from '../log/clean-text.ts';
import { withLog } from '../log/open-log.ts';
import { runPolicyTests } from './test.ts';

export const command: Command = {
  name: 'policy suggest',
  summary: 'a rule that would have stopped an event or an edge',
  usage: 'weir policy suggest EVENT|EDGE',
  details: [
    'Prints a policy with one rule and its tests, as YAML that `weir policy check` takes: for the destination, the app',
    '(where its label came with its token), the direction and the classes that were found; where none was, for every',
    'message. EVENT is an id of `weir log list`, or the beginning of one; EDGE one of `weir flows list --json`.',
    'An id that begins with - goes behind --. Exit 1 where there is no such event or edge.',
  ].join('\n'),
  example: 'weir policy suggest 01KB5 > policies/stop.draft.yaml',
  options: {},
  async run(context) {
    const [id, ...more] = context.positionals;
    if (id === undefined || id === '' || more.length > 0) throw new UsageError('needs the id of one event or edge');
    const unwanted = await withLog(context, (reader) => unwantedOf(context, reader, id));
    if (unwanted === null) return 1;
    const config = context.config();
    const { documents } = readPolicies(policyPaths(config), context.cwd);
    context.out(suggestedRule(config, documents, unwanted, (line) => context.err(`weir: ${cleanText(line)}\n`)));
    return 0;
  },
};

/** What the event or edge of an id was; null, with the reason on stderr. */
async function unwantedOf(context: CommandContext, reader: StoreReader, id: string): Promise<Unwanted | null> {
  const found = await reader.event(id);
  if (found.kind === 'several') {
    context.err(`weir: several events have an id that begins so: ${found.ids.join(', ')}\n`);
    return null;
  }
  const edge = found.kind === 'found' ? null : await edgeOf(reader, id);
  if (found.kind === 'none' && edge === null) {
    context.err(`weir: no event and no edge has the id ${cleanText(id)}\n`);
    return null;
  }
  const unwanted = found.kind === 'found' ? unwantedEvent(found.event) : edge === null ? null : unwantedEdge(edge);
  if (unwanted === null) context.err('weir: its destination never became known: no rule can name it\n');
  return unwanted;
}

async function edgeOf(reader: StoreReader, id: string): Promise<Edge | null> {
  const [edge] = await reader.edges({ ids: [id] });
  return edge ?? null;
}

const MAX_TRIES = 3;

/** A test that fails where it stands (its example is something else beside others) is left out, the rule never. */
export function suggestedRule(
  config: Config,
  documents: readonly PolicyDocument[],
  unwanted: Unwanted,
  say: (line: string) => void,
): string {
  const configured = documents.filter(isPolicy);
  const custom = recognizersOf(configured);
  const own = new Set(custom.map(({ entity }) => entity));
  const classes = unwanted.classes.filter(({ entity }) => {
    if (own.has(entity)) say(`${entity} is of your own policies: check this together with the one that defines it`);
    const isKnown = own.has(entity) || ENTITIES.has(entity);
    if (!isKnown) say(`no recognizer finds ${entity} any more: it is left out`);
    return isKnown;
  });
  const stopped = { ...unwanted, classes };
  const scanner = createScanner({ custom });
  const hits = new Map(custom.map((one) => [one.entity, one.hits]));
  const knowledge = knowledgeOf(config);
  const catalog = createCatalog(config.destinations);
  const defining = configured.map((policy): PolicyOf => ({ ...policy, rules: [], tests: [] }));
  const rejected = new Set<string>();
  const exampleOf = (entity: string) => (rejected.has(entity) ? null : exampleIn(scanner, entity, hits));
  let yaml = suggestedPolicy(stopped, knowledge, exampleOf);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const suggested = parsePolicies('suggestion', yaml).documents;
    const results = runPolicyTests([...defining, ...suggested], catalog);
    const tests = suggested.filter(isPolicy).flatMap((policy) => policy.tests);
    const failed = tests.filter((_, i) => (results[i]?.failures.length ?? 0) > 0);
    if (failed.length === 0) break;
    for (const { value } of failed) for (const { value: entity } of value.entities ?? []) rejected.add(entity);
    yaml = suggestedPolicy(stopped, knowledge, exampleOf);
  }
  return yaml;
}

/** Of names in running text there are no examples among the recognizers. */
const IN_TEXT: Readonly<Record<string, string>> = {
  PERSON: 'Please call Mrs. Jane Smith about it.',
  LOCATION: 'The meeting is in Berlin, Germany.',
  ORGANIZATION: 'The contract with Siemens AG was signed.',
};

/** The first example that is found by itself. */
function exampleIn(scanner: Scanner, entity: string, hits: ReadonlyMap<string, readonly string[]>): string | null {
  const builtIn = BUILT_IN.filter((one) => one.entity === entity).flatMap((one) => one.hits);
  const unlabelled = builtIn.filter(({ label }) => label === undefined).map(({ text }) => text);
  const named = IN_TEXT[entity];
  const candidates = [...(hits.get(entity) ?? []), ...(named === undefined ? [] : [named]), ...unlabelled];
  return candidates.find((text) => text.length <= MAX_EXAMPLE && isFound(scanner, entity, text)) ?? null;
}

const MAX_EXAMPLE = 400;

function isFound(scanner: Scanner, entity: string, text: string): boolean {
  const found = scanner.scan(Buffer.from(text, 'utf8'), { label: null, role: 'user' });
  return found.some((one) => one.entity === entity && one.score >= MEDIUM);
}
