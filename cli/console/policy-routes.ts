/** Policies by the API: what is in force and what it hit, checks, tests and trials of a text, drafts and their activation. */
import { createCatalog } from '../../catalog/catalog.ts';
import { type Handlers, Refusal } from '../../console/api/desk.ts';
import type {
  Activated,
  Draft as DraftShape,
  PolicyFile,
  PolicySet,
  Problem as ProblemShape,
} from '../../console/api/shapes.ts';
import type { Problem } from '../../engine/decide/checked-yaml.ts';
import { checkPolicies } from '../../engine/decide/policy-check.ts';
import { isPolicy, type PolicyDocument, parsePolicies, policySchema } from '../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../engine/decide/policy-set.ts';
import { policyVersion } from '../../engine/decide/policy-version.ts';
import { createScanner, type Scanner } from '../../engine/scan/scanner.ts';
import type { EventBody } from '../../flow/event.ts';
import { KEPT } from '../../flow/finding.ts';
import type { Home } from '../../store/home.ts';
import { ownEvent } from '../../store/own-events.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { runPolicyTests } from '../policy/test.ts';
import { DEFAULT_TO, destinationOf, shownFindings, tryText } from '../policy/trial.ts';
import type { Snapshot } from '../snapshot.ts';
import { PolicyFiles, type PolicyPlace, revisionOf, shownPath } from './policy-files.ts';
import { ruleWords } from './rule-words.ts';
import { unifiedDiff } from './unified-diff.ts';

export interface PolicyDesk {
  readonly home: Home;
  readonly snapshot: () => Snapshot;
  readonly reader: () => StoreReader;
  /** Keeps an event; throws where it cannot. */
  readonly record: (event: EventBody) => void;
}

type PolicyRoutes =
  | 'policies'
  | 'policySchema'
  | 'policyFile'
  | 'checkPolicy'
  | 'testPolicy'
  | 'tryPolicy'
  | 'diffPolicy'
  | 'undoPolicy'
  | 'draft'
  | 'saveDraft'
  | 'dropDraft'
  | 'activateDraft';

const HITS_MS = 30 * 86_400_000;
const MAX_LAST_HITS = 100;

export function policyRoutes(desk: PolicyDesk): Handlers<PolicyRoutes> {
  const files = (): PolicyFiles => new PolicyFiles(desk.snapshot().config, desk.home);
  const placeOf = (id: string | undefined): PolicyPlace => {
    const place = files().find(id ?? '');
    if (place === null) throw new Refusal('not_found', 'there is no such file, and none of this name can be made');
    return place;
  };
  const fileShape = (place: PolicyPlace): PolicyFile => fileOf(files(), place);
  const trials = new Trials(desk);
  return {
    policies: () => setOf(desk, files()),
    policySchema: () => policySchema(),
    policyFile: ({ parts }) => {
      const place = placeOf(parts['file']);
      const text = files().text(place);
      if (text === null) throw new Refusal('not_found', 'there is no such file');
      return { file: fileShape(place), text };
    },
    checkPolicy: ({ body: { file, text } }) => {
      const candidate = candidateOf(files(), file === undefined ? null : placeOf(file), text);
      return { problems: candidate.problems, policies: candidate.own.map(nameOf) };
    },
    testPolicy: ({ body: { file, text } }) => {
      const place = file === undefined ? null : placeOf(file);
      return testsOf(desk, candidateOf(files(), place, text));
    },
    tryPolicy: ({ body: { file, text, ...sample } }) => {
      const place = file === undefined ? null : placeOf(file);
      const candidate = text === undefined ? null : candidateOf(files(), place, text);
      return trials.run(candidate, sample);
    },
    diffPolicy: ({ body: { file, text } }) => {
      const place = placeOf(file);
      const { problems } = candidateOf(files(), place, text);
      return { diff: unifiedDiff(place.id, files().text(place), text), problems };
    },
    draft: ({ parts }) => {
      const place = placeOf(parts['file']);
      const draft = files().draft(place);
      if (draft === null) throw new Refusal('not_found', 'there is no draft of it');
      return draftOf(files(), place, draft.text, draft.changed);
    },
    saveDraft: ({ by, parts, body: { text, revision } }) => {
      const place = writable(placeOf(parts['file']));
      const before = files().draft(place);
      if (revision !== undefined && revision !== (before === null ? null : revisionOf(before.text))) {
        throw new Refusal('conflict', 'the draft was changed by somebody else meanwhile; load it again');
      }
      desk.record(ownEvent('admin', by.name, { reason: `draft of ${place.id} saved (${revisionOf(text)})` }));
      onDisk(() => files().saveDraft(place, text));
      const saved = files().draft(place);
      return draftOf(files(), place, text, saved?.changed ?? new Date());
    },
    dropDraft: ({ by, parts }) => {
      const place = writable(placeOf(parts['file']));
      if (files().draft(place) === null) throw new Refusal('not_found', 'there is no draft of it');
      desk.record(ownEvent('admin', by.name, { reason: `draft of ${place.id} removed` }));
      onDisk(() => files().dropDraft(place));
      return null;
    },
    activateDraft: ({ by, parts, body }) => {
      const place = writable(placeOf(parts['file']));
      const draft = files().draft(place);
      if (draft === null) throw new Refusal('not_found', 'there is no draft of it');
      const now = files().text(place);
      if (revisionOf(draft.text) !== body.revision) {
        throw new Refusal('conflict', 'the draft is not the one that was looked at; load it again');
      }
      if ((now === null ? null : revisionOf(now)) !== body.baseRevision) {
        throw new Refusal(
          'conflict',
          'the file in force has changed since the draft was compared with it; load it again',
        );
      }
      const candidate = candidateOf(files(), place, draft.text);
      refuseUnsound(candidate.problems);
      const { failed } = testsOf(desk, candidate);
      if (failed > 0) throw new Refusal('conflict', `${failed} of its tests fail; nothing was changed`);
      const change = `${now === null ? 'new' : revisionOf(now)} to ${body.revision}`;
      const event = ownEvent('admin', by.name, { reason: `policy file ${place.id} activated (${change})` });
      desk.record(event);
      onDisk(() => files().activate(place, draft.text));
      onDisk(() => files().dropDraft(place));
      return activated(files(), place, event);
    },
    undoPolicy: ({ by, parts }) => {
      const place = writable(placeOf(parts['file']));
      const undo = files().undoable(place);
      if (undo === null) throw new Refusal('conflict', 'there is nothing to take back, or the file was changed since');
      refuseUnsound(candidateOf(files(), place, undo.previous).problems);
      const event = ownEvent('admin', by.name, { reason: `activation of policy file ${place.id} taken back` });
      desk.record(event);
      onDisk(() => files().activate(place, undo.previous));
      files().forgetUndo(place);
      return activated(files(), place, event);
    },
  };
}

function writable(place: PolicyPlace): PolicyPlace {
  if (place.isShipped) throw new Refusal('read_only', 'this file comes with Weir; put a policy of your own beside it');
  if (!place.isWritable)
    throw new Refusal('read_only', 'its folder cannot be written here; download the diff and apply it where it can');
  return place;
}

/** What the disk refuses is said, and is no bug. */
function onDisk(work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Refusal('unavailable', `the file could not be written (${code})`);
  }
}

/** All policies as they would be with one file's text in place of its own. */
export interface Candidate {
  readonly documents: readonly PolicyDocument[];
  /** Those of the text. */
  readonly own: readonly PolicyDocument[];
  readonly problems: readonly ProblemShape[];
}

export function candidateOf(files: PolicyFiles, place: PolicyPlace | null, text: string | null): Candidate {
  const documents: PolicyDocument[] = [];
  const problems: Problem[] = [];
  const name = place?.id ?? 'new.yaml';
  let own: readonly PolicyDocument[] = [];
  const take = (file: string, source: string): readonly PolicyDocument[] => {
    const read = parsePolicies(file, source);
    documents.push(...read.documents);
    problems.push(...read.problems);
    return read.documents;
  };
  for (const one of files.list()) {
    if (one.path === place?.path) {
      if (text !== null) own = take(name, text);
    } else take(one.id, files.text(one) ?? '');
  }
  if (text !== null && place?.isThere !== true) own = take(name, text);
  const all = problems.length > 0 ? problems : checkPolicies(documents);
  return { documents, own, problems: all.map((problem) => problemShape(problem, name)) };
}

/** `file` null: in the text itself. */
function problemShape({ file, line, column, message }: Problem, own: string): ProblemShape {
  return { line, column, message, file: file === own ? null : file };
}

function refuseUnsound(problems: readonly ProblemShape[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const place = `${first.file === null ? '' : `${first.file}, `}line ${first.line}`;
  throw new Refusal('conflict', `the policies would have an error (${place}: ${first.message}); nothing was changed`);
}

function nameOf(document: PolicyDocument): string {
  return isPolicy(document) ? document.name.value : (document.name ?? `exception of ${document.policy.value}`);
}

function testsOf(desk: PolicyDesk, { documents, own, problems }: Candidate) {
  if (problems.length > 0) return { passed: 0, failed: 0, results: [], problems };
  const names = new Set(own.filter(isPolicy).map(({ name }) => name.value));
  // Recognizers of other files are known to the tests, other files' tests are not run.
  const tested = documents.map((one) => (isPolicy(one) && !names.has(one.name.value) ? { ...one, tests: [] } : one));
  const results = runPolicyTests(tested, createCatalog(desk.snapshot().config.destinations));
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  return {
    passed: results.length - failed,
    failed,
    results: results.map(({ policy, place, expect, redacted, failures }) => ({
      policy,
      line: Number(/:(\d+)$/.exec(place)?.[1] ?? 0) || null,
      expect,
      // Of one that failed, what it hides was perhaps not found.
      text: failures.length > 0 ? '' : redacted.slice(0, 1000),
      failures,
    })),
    problems,
  };
}

/** Scanners are kept while the recognizers stay as they are: they take long to make. */
class Trials {
  readonly #desk: PolicyDesk;
  #scanner: Scanner | null = null;
  #madeFor = '';

  constructor(desk: PolicyDesk) {
    this.#desk = desk;
  }

  run(
    candidate: Candidate | null,
    sample: Parameters<Handlers['tryPolicy']>[0]['body'],
  ): ReturnType<Handlers['tryPolicy']> {
    const { config, documents } = this.#desk.snapshot();
    if (candidate !== null && candidate.problems.length > 0) return { ...NOTHING_TRIED, problems: candidate.problems };
    const catalog = createCatalog(config.destinations);
    const to = sample.to ?? DEFAULT_TO;
    const destination = destinationOf(catalog, to);
    if (destination === null) throw new Refusal('bad_request', 'body.to: expected a host or host:port');
    const policies = compilePolicies(candidate?.documents ?? documents);
    const { model: _, ...detection } = config.detection;
    const madeFor = JSON.stringify([detection, policies.recognizers]);
    if (this.#scanner === null || this.#madeFor !== madeFor) {
      this.#scanner = createScanner({ custom: policies.recognizers, least: KEPT, ...detection });
      this.#madeFor = madeFor;
    }
    const input = {
      text: sample.sample,
      to,
      app: sample.app ?? null,
      user: sample.user ?? null,
      model: sample.model ?? null,
      role: sample.role ?? 'user',
      position: sample.position ?? 'latest',
      direction: sample.direction ?? 'request',
    } as const;
    const parts = { scanner: this.#scanner, policies, catalog, keys: this.#desk.home.fingerprintKeys.all() };
    const trial = tryText(parts, input, destination);
    const { enforced, monitored, explanation } = trial.inspection.decision;
    const { action, policy, rule, message } = enforced;
    return {
      problems: [],
      action,
      policy,
      rule,
      monitored:
        monitored === null ? null : { action: monitored.action, policy: monitored.policy, rule: monitored.rule },
      message,
      explanation,
      findings: shownFindings(trial).map(({ entity, category, start, end, score, recognizer }) => {
        return { entity, category, start, end, score, recognizer };
      }),
      output: trial.output,
      coverage: trial.inspection.coverage,
    };
  }
}

const NOTHING_TRIED = {
  action: 'allow',
  policy: null,
  rule: null,
  monitored: null,
  message: null,
  explanation: [],
  findings: [],
  output: null,
  coverage: { level: 'opaque', reason: 'problems' },
} as const;

function fileOf(files: PolicyFiles, place: PolicyPlace): PolicyFile {
  return {
    id: place.id,
    path: shownPath(place.path),
    isWritable: place.isWritable,
    isShipped: place.isShipped,
    hasDraft: files.draft(place) !== null,
    canUndo: place.isWritable && files.undoable(place) !== null,
    revision: revisionOf(files.text(place) ?? ''),
  };
}

function draftOf(files: PolicyFiles, place: PolicyPlace, text: string, changed: Date): DraftShape {
  const now = files.text(place);
  return {
    file: place.id,
    text,
    revision: revisionOf(text),
    changed: changed.toISOString(),
    isNew: now === null,
    baseRevision: now === null ? null : revisionOf(now),
    diff: unifiedDiff(place.id, now, text),
    problems: candidateOf(files, place, text).problems,
    isWritable: place.isWritable,
  };
}

function activated(files: PolicyFiles, place: PolicyPlace, event: EventBody): Activated {
  // The running Weir watches the file, and says when it has taken it up.
  return { file: fileOf(files, place), event: event.id, isInForce: false };
}

async function setOf(desk: PolicyDesk, files: PolicyFiles): Promise<PolicySet> {
  const since = new Date(Date.now() - HITS_MS);
  const hits = await hitsOf(desk.reader(), since, desk.snapshot().documents);
  const places = files.list();
  const { documents } = desk.snapshot();
  const idOf = (path: string): string =>
    places.find((place) => place.path === path || place.id === path)?.id ?? shownPath(path);
  const { problems } = candidateOf(files, null, null);
  const [problem] = problems;
  const folder = files.folder();
  return {
    files: places.map((place) => fileOf(files, place)),
    policies: documents.map((document) => {
      const file = idOf(document.place.file);
      if (!isPolicy(document)) {
        const { policy, rule, reason, expires } = document;
        return {
          ...NO_POLICY,
          name: nameOf(document),
          kind: 'exception' as const,
          description: reason,
          file,
          expires: expires === null ? null : new Date(expires).toISOString(),
          excepts: { policy: policy.value, rule: rule?.value ?? null },
        };
      }
      const { name, description, severity, mode, rollout, rules, tests } = document;
      return {
        name: name.value,
        kind: 'policy' as const,
        description,
        severity,
        mode,
        rollout: String(rollout),
        version: policyVersion(document),
        file,
        rules: rules.map((rule) => ({
          name: rule.name.value,
          action: rule.action,
          detects: ruleWords(rule),
          message: rule.message,
          ...hits(`${name.value}/${rule.name.value}`),
          line: rule.name.place.line,
        })),
        tests: tests.length,
        expires: null,
        excepts: null,
      };
    }),
    drafts: files.drafts().map(({ place, text, changed }) => {
      return { file: place.id, revision: revisionOf(text), changed: changed.toISOString(), isNew: !place.isThere };
    }),
    folder: folder === null ? null : { path: shownPath(folder.path), isWritable: folder.isWritable },
    problem: problem === undefined ? null : `${problem.file ?? ''} line ${problem.line}: ${problem.message}`,
  };
}

const NO_POLICY = { severity: null, mode: null, rollout: null, version: null, rules: [], tests: 0 } as const;

/** What each rule of the policies did since then. */
async function hitsOf(reader: StoreReader, since: Date, documents: ReturnType<PolicyDesk['snapshot']>['documents']) {
  const counted = async (isObserved: boolean): Promise<ReadonlyMap<string, number>> => {
    const filter = isObserved
      ? { since, isObserved, kinds: ['exchange'] as const }
      : { since, kinds: ['exchange'] as const, actions: ['alert', 'tokenize', 'redact', 'block'] as const };
    const counts = await reader.countBy('rule', filter, 1000);
    return new Map(counts.map(({ value, events }) => [value, events]));
  };
  const [carried, observed] = [await counted(false), await counted(true)];
  const last = new Map<string, string>();
  let looked = 0;
  for (const { name, rules } of documents.filter(isPolicy)) {
    for (const { name: of } of rules) {
      const rule = `${name.value}/${of.value}`;
      const isAsked = carried.has(rule) || observed.has(rule);
      if (!isAsked || looked++ >= MAX_LAST_HITS) continue;
      const [event] = (await reader.page({ filter: { rules: [rule], since }, limit: 1 })).events;
      if (event !== undefined) last.set(rule, event.time);
    }
  }
  return (rule: string) => {
    const [hits, seen] = [carried.get(rule) ?? 0, observed.get(rule) ?? 0];
    return { hits, observed: seen, lastHit: last.get(rule) ?? null };
  };
}
