/** What a change of policies would have done to the events on record, and the narrowest exception for a false positive. */
import { stringify } from 'yaml';
import { createCatalog } from '../../catalog/catalog.ts';
import { type Handlers, Refusal } from '../../console/api/desk.ts';
import { found } from '../../console/api/event-routes.ts';
import type { Backtest as BacktestShape, ExceptionProposal } from '../../console/api/shapes.ts';
import { createBacktest } from '../../engine/decide/backtest.ts';
import { isPolicy, type PolicyDocument, parsePolicies } from '../../engine/decide/policy-file.ts';
import type { EventFinding, WeirEvent } from '../../flow/event.ts';
import { MEDIUM } from '../../flow/finding.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { fingerprinter, rolloutStand } from '../configured-engine.ts';
import { eventDestinationOf } from '../policy/recorded-destination.ts';
import { PolicyFiles } from './policy-files.ts';
import { candidateOf, type PolicyDesk } from './policy-routes.ts';
import { unifiedDiff } from './unified-diff.ts';

type Scope = ExceptionProposal['by'];

const DAY_MS = 86_400_000;
/** The newest so many; more would keep whoever asks waiting. */
const MAX_EVENTS = 50_000;
const SAMPLES = 5;
const EXCEPTIONS_FILE = 'exceptions.yaml';
const MAX_FINGERPRINTS = 50;
const MAX_PATHS = 20;
/** As the grammar takes it. */
const MAX_PATH = 256;

export function exceptionRoutes(desk: PolicyDesk): Handlers<'backtestPolicy' | 'exception'> {
  const files = (): PolicyFiles => new PolicyFiles(desk.snapshot().config, desk.home);
  return {
    backtestPolicy: async ({ body: { file, text, days = 30 } }) => {
      const place = file === undefined ? null : files().find(file);
      if (file !== undefined && place === null) throw new Refusal('not_found', 'there is no such file');
      const { documents, problems } = candidateOf(files(), place, text);
      if (problems.length > 0) return { problems, backtest: null };
      return { problems, backtest: await replayed(desk, documents, {}, days) };
    },
    exception: async ({ by, parts, query }) => {
      const event = await found(desk, parts['id'] ?? '');
      const scopes = scopesOf(event, desk.snapshot().documents);
      const [narrowest] = scopes;
      if (event.policy === null || event.rule === null || narrowest === undefined) {
        throw new Refusal(
          'conflict',
          'no rule of the policies in force decided about this event: there is nothing to except',
        );
      }
      const scope = query.by ?? narrowest;
      if (!scopes.includes(scope)) throw new Refusal('conflict', `there is no exception by ${scope} for this event`);
      const expires = new Date(Date.now() + (query.days ?? 30) * DAY_MS);
      const reason = query.reason ?? `false positive, event ${event.id}`;
      const document = exceptionOf(event, scope, desk.snapshot().documents, { expires, reason, by: by.name });
      const yaml = stringify(document, { lineWidth: 100 });
      const place = files().find(EXCEPTIONS_FILE);
      const before = place === null ? null : files().text(place);
      const after = before === null || before.trim() === '' ? yaml : `${before.trimEnd()}\n---\n${yaml}`;
      const { documents: read } = parsePolicies(EXCEPTIONS_FILE, yaml);
      const rule = `${event.policy}/${event.rule}`;
      return {
        by: scope,
        scopes,
        text: sentenceOf(event, scope, document),
        expires: expires.toISOString(),
        file: place?.id ?? EXCEPTIONS_FILE,
        yaml,
        diff: unifiedDiff(place?.id ?? EXCEPTIONS_FILE, before, after),
        // What another rule decided stays as it is.
        effect: await replayed(desk, [...desk.snapshot().documents, ...read], { rules: [rule] }, 30),
        isWritable: place?.isWritable === true,
      };
    },
  };
}

async function replayed(
  desk: PolicyDesk,
  documents: readonly PolicyDocument[],
  filter: EventFilter,
  days: number,
): Promise<BacktestShape> {
  const { config, documents: before } = desk.snapshot();
  const now = new Date();
  const since = new Date(now.getTime() - days * DAY_MS);
  const keyed = fingerprinter(desk.home);
  const backtest = createBacktest({
    documents,
    before,
    destinationOf: eventDestinationOf(createCatalog(config.destinations)),
    now,
    samples: SAMPLES,
    fingerprints: (entity, value) => [keyed.newest(entity, value), ...keyed.others(entity, value)],
    standOf: rolloutStand(keyed.standing),
  });
  let from: string | null = null;
  let count = 0;
  for await (const event of desk.reader().events({ ...filter, since, kinds: ['exchange'], limit: MAX_EVENTS })) {
    from ??= event.time;
    count++;
    backtest.add(event);
  }
  const { events, unchanged, undecidable, reasons, changed } = backtest.result();
  const isComplete = count < MAX_EVENTS;
  return {
    range: { from: isComplete || from === null ? since.toISOString() : from, to: now.toISOString() },
    events,
    changed: changed.map(({ before: was, after, events: many, policy, rule, samples, isEnforced }) => {
      return { before: was, after, events: many, policy, rule, samples, isEnforced };
    }),
    unchanged,
    undecidable,
    reasons,
    isComplete,
  };
}

/** Of the event, what the rule acted on. */
function subjectOf(event: WeirEvent, documents: readonly PolicyDocument[]): readonly EventFinding[] {
  const policy = documents.filter(isPolicy).find(({ name }) => name.value === event.policy);
  const rule = policy?.rules.find(({ name }) => name.value === event.rule);
  const selectors = rule?.detect?.entities?.map(({ value }) => value) ?? null;
  if (selectors === null) return [];
  const direction = event.decisions.find((one) => one.policy === event.policy && one.rule === event.rule)?.direction;
  const least = rule?.detect?.minScore ?? MEDIUM;
  return event.findings.filter((finding) => {
    if (direction !== undefined && finding.direction !== direction) return false;
    const kinds = [{ entity: finding.entity, score: finding.maxScore }, ...finding.alternatives];
    return kinds.some(
      ({ entity, score }) =>
        score >= least &&
        selectors.some((one) => one === '*' || one === entity || one === `category:${finding.category}`),
    );
  });
}

/** Those that there are, the narrowest first. */
function scopesOf(event: WeirEvent, documents: readonly PolicyDocument[]): readonly Scope[] {
  const isInForce = documents
    .filter(isPolicy)
    .some(({ name, rules }) => name.value === event.policy && rules.some((rule) => rule.name.value === event.rule));
  if (!isInForce) return [];
  const subject = subjectOf(event, documents);
  const scopes: Scope[] = [];
  if (subject.some(({ fingerprints }) => fingerprints.length > 0)) scopes.push('fingerprint');
  if (subject.some(({ path }) => path.startsWith('/'))) scopes.push('path');
  if (event.destination.host !== null) scopes.push('rule');
  return scopes;
}

function exceptionOf(
  event: WeirEvent,
  scope: Scope,
  documents: readonly PolicyDocument[],
  about: { readonly expires: Date; readonly reason: string; readonly by: string },
) {
  const subject = subjectOf(event, documents);
  const fingerprints = [...new Set(subject.flatMap((finding) => finding.fingerprints))].slice(0, MAX_FINGERPRINTS);
  // A turn's number is another one in the next call.
  const paths = [...new Set(subject.map(({ path }) => path.replace(/\/\d+(?=\/|$)/g, '/*')))].filter(
    (path) => path.startsWith('/') && path.length <= MAX_PATH,
  );
  const { source, destination } = event;
  const { expires, reason, by } = about;
  return {
    apiVersion: 'weir/v1',
    kind: 'Exception',
    name: `except-${event.id.slice(-10).toLowerCase()}-${scope}`,
    policy: event.policy,
    rule: event.rule,
    ...(scope === 'fingerprint' ? { fingerprints } : {}),
    ...(scope === 'path' ? { paths: paths.slice(0, MAX_PATHS) } : {}),
    // A label without its token relaxes nothing, and one with `*` in it would stand for others too.
    ...(source.app !== null && source.verified && !source.app.includes('*') ? { sources: { apps: [source.app] } } : {}),
    ...(destination.host === null ? {} : { destinations: { hosts: [destination.host] } }),
    reason,
    by,
    expires: expires.toISOString().slice(0, 10),
  };
}

function sentenceOf(
  { policy, rule, source, destination }: WeirEvent,
  scope: Scope,
  document: ReturnType<typeof exceptionOf>,
): string {
  const { fingerprints = [], paths = [] } = document;
  const what =
    scope === 'fingerprint'
      ? fingerprints.length === 1
        ? 'this value'
        : `these ${fingerprints.length} values`
      : scope === 'path'
        ? `what stands at ${paths.join(', ')}`
        : 'everything';
  const from = source.app !== null && source.verified ? ` from ${source.app}` : '';
  return `Lets ${what}${from} to ${destination.host ?? 'any destination'} pass ${policy}/${rule}.`;
}
