/**
 * What every route under /api/v1 takes and answers: shapes for the server and its OpenAPI document, and their types for
 * the pages (`import type`). Unknown is null. Fields are added, never renamed or retyped. No shape holds a value that was
 * found in a message; text that came from one (routes, labels, notes) is to be shown as text alone.
 */
import { ACCESS } from '../../flow/access.ts';
import { COVERAGE_LEVELS } from '../../flow/coverage.ts';
import { ACTIONS, DIRECTIONS, SEVERITIES } from '../../flow/decision.ts';
import { EVENT_KINDS, OUTCOMES, REVIEW_STATES } from '../../flow/event.ts';
import { CATEGORIES } from '../../flow/finding.ts';
import { NODE_PARTS } from '../../flow/node-report.ts';
import { CHANNELS } from '../../flow/parties.ts';
import { POSITIONS, ROLES } from '../../flow/role.ts';
import { REPORT_FORMATS, REPORT_KINDS } from '../../map/reports/report.ts';
import {
  constant,
  flag,
  integer,
  list,
  moment,
  named,
  nullable,
  number,
  type Of,
  object,
  oneOf,
  optional,
  record,
  text,
  union,
} from './schema.ts';

// ---- words

export const access = named(
  'Access',
  oneOf(ACCESS, 'viewer reads; reviewer opens excerpts and reviews; admin changes policies and tokens'),
);
export type { Access } from '../../flow/access.ts';

const action = oneOf(ACTIONS);
const severity = oneOf(SEVERITIES);
const reviewState = oneOf(REVIEW_STATES);
const counts = record(integer(), 'how many, by name');
const count = named('Count', object({ value: integer(), isExact: flag('false: there are at least so many') }));
export type Count = Of<typeof count>;

/** Every answer of status 400 and above. */
export const failure = named(
  'Failure',
  object({
    error: text('what was wrong, in words for people; no value is in it'),
    code: oneOf([
      'bad_request',
      'unauthenticated',
      'forbidden',
      'not_found',
      'conflict',
      'too_large',
      'too_many',
      'read_only',
      'unavailable',
      'failed',
    ]),
  }),
);
export type Failure = Of<typeof failure>;

const problem = named(
  'Problem',
  object({
    line: integer('from 1'),
    column: integer('from 1'),
    message: text(),
    file: nullable(text()),
  }),
);
export type Problem = Of<typeof problem>;

// ---- sessions and tokens

export const session = named(
  'Session',
  object({
    name: text('who it is; reviews are signed with it'),
    role: access,
    expires: nullable(moment('when it ends')),
    isLink: flag('true: begun with the link that `weir up` prints'),
    from: oneOf(['link', 'token', 'provider'], 'what it began with'),
  }),
);
export type Session = Of<typeof session>;

export const sessionState = named(
  'SessionState',
  object({
    session: nullable(session, 'null: not signed in'),
    version: text('of Weir'),
    host: nullable(text('where it runs; null until signed in')),
    provider: nullable(text('the identity provider at which people can sign in; null without')),
    problem: nullable(text('why the identity provider let this browser not in just before')),
  }),
);
export type SessionState = Of<typeof sessionState>;

export const signIn = named(
  'SignIn',
  union([
    object({ code: text('the one-time code of the link', { max: 200 }) }),
    object({ token: text('of `weir token create`', { max: 200 }) }),
  ]),
);
export type SignIn = Of<typeof signIn>;

export const signInAtProvider = named(
  'SignInAtProvider',
  object({ back: optional(text('the page to come back to', { max: 2000 })) }),
);
/** Where a browser goes on. */
export const onward = named('Onward', object({ url: text() }));
export type Onward = Of<typeof onward>;

export const tokenEntry = named(
  'Token',
  object({
    id: text(),
    name: text(),
    role: access,
    created: moment(),
    expires: nullable(moment()),
    lastUsed: nullable(moment('to the hour')),
    isExpired: flag(),
  }),
);
export type TokenEntry = Of<typeof tokenEntry>;
export const tokenList = named('TokenList', object({ tokens: list(tokenEntry) }));
export type TokenList = Of<typeof tokenList>;
export const tokenRequest = named(
  'TokenRequest',
  object({
    name: text('up to 64 letters, digits, ".", "_", "@" and "-"', {
      pattern: /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
      max: 64,
    }),
    role: access,
    expires: optional(
      text('`30d`, `12h`; `never`; 90 days unless said', { pattern: /^(?:never|[1-9]\d{0,3}[hdw])$/, max: 10 }),
    ),
  }),
);
export type TokenRequest = Of<typeof tokenRequest>;
export const newToken = named('NewToken', object({ token: text('shown this once'), entry: tokenEntry }));
export type NewToken = Of<typeof newToken>;

// ---- parties

const source = named(
  'Source',
  object({
    label: text('the best name there is; `(unverified)` behind a label without its token'),
    app: nullable(text()),
    verified: flag(),
    owner: nullable(text('from `apps` of the configuration')),
    host: nullable(text()),
    pid: nullable(integer()),
    process: nullable(text()),
    exe: nullable(text()),
    user: nullable(text()),
    container: nullable(text()),
    credential: nullable(text('keyed fingerprint of what the call authenticated with')),
  }),
);
export type SourceParty = Of<typeof source>;

const destination = named(
  'Destination',
  object({
    label: text('vendor and host, or what is known'),
    host: nullable(text()),
    port: nullable(integer()),
    vendor: nullable(text()),
    category: text('genai, saas, datastore, cdn, internal, unknown'),
    country: nullable(text('ISO 3166-1')),
    sanctioned: flag('true only by an entry under `destinations` of the configuration'),
    owner: nullable(text()),
    note: nullable(text()),
  }),
);
export type DestinationParty = Of<typeof destination>;

const coverage = named('Coverage', object({ level: oneOf(COVERAGE_LEVELS), reason: nullable(text()) }));
export type CoverageShape = Of<typeof coverage>;
const loss = object({ what: text(), count: integer() });

// ---- overview

const range = object({ from: moment(), to: moment() });
const totals = named(
  'Totals',
  object({
    calls: integer(),
    blocked: integer(),
    redacted: integer(),
    tokenized: integer(),
    alerted: integer('also: decided in monitor mode and not carried out'),
    newEdges: integer('seen first in the range'),
    drift: integer('events of kind drift'),
    bytesOut: integer(),
    bytesIn: integer(),
  }),
);
export type Totals = Of<typeof totals>;

const part = named('Part', object({ name: text('proxy, store, sensor'), isReady: flag(), reason: nullable(text()) }));
export type PartHealth = Of<typeof part>;
const health = named('Health', object({ isReady: flag(), parts: list(part) }));
export type Health = Of<typeof health>;

const command = named(
  'RoutingCommand',
  object({ title: text(), command: text('to be copied whole'), note: nullable(text()) }),
);
export type RoutingCommand = Of<typeof command>;

export const overview = named(
  'Overview',
  object({
    range,
    totals,
    before: nullable(totals, 'of the range of the same length just before; null where there was no record yet'),
    openReviews: count,
    series: list(
      object({
        start: moment(),
        calls: integer(),
        blocked: integer(),
        redacted: integer(),
        tokenized: integer(),
        alerted: integer(),
      }),
      'every bucket of the range, oldest first, those without a call included',
    ),
    stepMs: integer('length of a bucket'),
    entities: list(
      object({
        entity: text(),
        category: nullable(text()),
        count: integer(),
        series: list(integer(), 'by the buckets of `series`'),
      }),
      'the ten found most often',
    ),
    destinations: list(
      object({ destination, calls: integer(), blocked: integer(), bytesOut: integer(), series: list(integer()) }),
      'the ten called most often',
    ),
    sources: list(object({ source, calls: integer(), blocked: integer() }), 'the ten that called most often'),
    coverage: object({
      full: integer(),
      truncated: integer(),
      opaque: integer(),
      reasons: counts,
    }),
    losses: list(
      loss,
      'what the sensor of this host lost since it started; what it saw is so much less than there was',
    ),
    health,
    hasCalls: flag('whether any call was ever recorded'),
    routing: object({
      proxyUrl: nullable(text()),
      certificate: nullable(text('its path on that host')),
      commands: list(command),
    }),
  }),
);
export type Overview = Of<typeof overview>;

// ---- map

const NODE_KINDS = ['workload', 'llm', 'datastore', 'thirdparty', 'internal', 'unknown'] as const;
export const GROUPINGS = ['none', 'owner', 'app', 'host', 'vendor', 'category', 'country'] as const;

/** Filters of the map and of lists of edges; each narrows, a list means any of it. */
export const edgeQueryFields = {
  q: optional(text('search: words and `key:value`, as in docs/console.md', { max: 500 })),
  class: optional(list(text('entity, or `category:NAME`', { max: 100 }), undefined, { max: 50 })),
  app: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  owner: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  vendor: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  category: optional(list(text(undefined, { max: 40 }), undefined, { max: 20 })),
  country: optional(list(text(undefined, { max: 2 }), undefined, { max: 50 })),
  host: optional(list(text('`*` for any run of characters', { max: 300 }), undefined, { max: 50 })),
  channel: optional(list(oneOf(CHANNELS))),
  direction: optional(oneOf(['out', 'in'])),
  sanctioned: optional(flag()),
  newSince: optional(moment('edges seen first then or later')),
  from: optional(moment('edges and counts of this time; all that is kept unless said')),
  to: optional(moment()),
} as const;
export const mapQuery = object({
  ...edgeQueryFields,
  group: optional(oneOf(GROUPINGS, 'what sources and destinations are joined by; chosen by their number unless said')),
  limit: optional(integer('nodes on either side; what comes behind is joined into one', { min: 5, max: 200 })),
});
export type MapQuery = Of<typeof mapQuery>;

const mapNode = named(
  'MapNode',
  object({
    id: text('stable for the same filters'),
    side: oneOf(['source', 'destination']),
    kind: oneOf(NODE_KINDS),
    label: text(),
    owner: nullable(text()),
    vendor: nullable(text()),
    category: nullable(text()),
    country: nullable(text()),
    sanctioned: nullable(flag(), 'null where its members differ'),
    isShadow: optional(flag('a data store that nobody has listed is among its members')),
    members: integer('how many workloads or destinations it stands for'),
    isRest: flag('true: all that found no room'),
    calls: integer(),
    isNew: flag(),
    risk: nullable(number('0 to 100, the highest of its edges')),
    coverage,
    filter: nullable(text('a search that narrows the map to it')),
  }),
);
export type MapNode = Of<typeof mapNode>;

const mapFlow = named(
  'MapFlow',
  object({
    id: text(),
    source: text('id of a node'),
    destination: text('id of a node'),
    direction: oneOf(['out', 'in'], 'of the data: `out` from source to destination'),
    entities: counts,
    calls: integer(),
    bytesOut: integer(),
    bytesIn: integer(),
    actions: counts,
    channels: list(oneOf(CHANNELS)),
    firstSeen: moment(),
    lastSeen: moment(),
    coverage,
    risk: nullable(number('0 to 100')),
    isNew: flag(),
    edges: integer('how many it joins'),
    edge: nullable(text('the one edge that it is; null where it joins several: list them by `filter`')),
    filter: text('a search that finds its edges'),
  }),
);
export type MapFlow = Of<typeof mapFlow>;

const facet = object({ value: text(), label: nullable(text()), count: integer() });

export const flowMap = named(
  'FlowMap',
  object({
    range,
    group: object({ source: oneOf(GROUPINGS), destination: oneOf(GROUPINGS) }),
    nodes: list(mapNode),
    classes: list(
      object({ entity: text(), category: nullable(text()), count: integer() }),
      'between sources and destinations',
    ),
    flows: list(mapFlow),
    total: object({ edges: integer(), sources: integer(), destinations: integer(), calls: integer() }),
    facets: object({
      class: list(facet),
      app: list(facet),
      owner: list(facet),
      vendor: list(facet),
      category: list(facet),
      country: list(facet),
      channel: list(facet),
    }),
    losses: list(loss, 'of the sensor of this host since it started; empty where it saw nothing of what is shown'),
    history: list(
      object({ start: moment(), calls: integer(), newEdges: integer() }),
      'for the time slider, over all that is kept',
    ),
    stepMs: integer(),
    problem: nullable(text('what of `q` was not understood')),
  }),
);
export type FlowMap = Of<typeof flowMap>;

const edgeRow = named(
  'EdgeRow',
  object({
    id: text(),
    source,
    destination,
    protocol: text(),
    direction: oneOf(['out', 'in']),
    channels: list(oneOf(CHANNELS)),
    edges: list(text(), 'ids, one a channel that saw it'),
    entities: counts,
    calls: integer(),
    bytesOut: integer(),
    bytesIn: integer(),
    actions: counts,
    firstSeen: moment(),
    lastSeen: moment(),
    coverage,
    risk: nullable(number('0 to 100')),
    isNew: flag(),
  }),
);
export type EdgeRow = Of<typeof edgeRow>;

export const edgeListQuery = object({
  ...edgeQueryFields,
  sort: optional(oneOf(['risk', 'calls', 'lastSeen', 'firstSeen', 'bytesOut'], 'highest first; lastSeen unless said')),
  cursor: optional(text('`next` of the page before', { max: 400 })),
  limit: optional(integer('50 unless said', { min: 1, max: 200 })),
});
export type EdgeListQuery = Of<typeof edgeListQuery>;
export const edgePage = named(
  'EdgePage',
  object({ edges: list(edgeRow), next: nullable(text()), total: count, problem: nullable(text()) }),
);
export type EdgePage = Of<typeof edgePage>;

/** A rule that would stop something. */
export const suggestion = named(
  'Suggestion',
  object({ text: text('what it does, in a sentence'), yaml: text(), policy: text('name of the policy document') }),
);
export type Suggestion = Of<typeof suggestion>;

// ---- events

const entityCount = object({ entity: text(), category: oneOf(CATEGORIES), count: integer(), maxScore: number() });

const eventRow = named(
  'EventRow',
  object({
    id: text(),
    kind: oneOf(EVENT_KINDS),
    time: moment(),
    summary: text('what happened, in a sentence'),
    channel: oneOf(CHANNELS),
    action,
    enforced: flag('false: decided, and not carried out'),
    mode: nullable(oneOf(['enforce', 'monitor'])),
    outcome: nullable(oneOf(OUTCOMES)),
    status: nullable(integer()),
    severity: nullable(severity),
    policy: nullable(text()),
    rule: nullable(text()),
    source,
    destination,
    provider: nullable(text()),
    model: nullable(text()),
    route: nullable(text()),
    entities: list(entityCount, 'of medium score or higher'),
    coverage,
    review: reviewState,
    reviewedBy: nullable(text()),
    refersTo: nullable(text('of a review: the id of what was reviewed')),
    reason: nullable(text()),
  }),
);
export type EventRow = Of<typeof eventRow>;

export const eventQueryFields = {
  q: optional(text('search, as in docs/console.md', { max: 500 })),
  kind: optional(list(oneOf(EVENT_KINDS))),
  action: optional(list(action, 'carried out')),
  observed: optional(flag('true: `action` is what was decided and not carried out')),
  review: optional(list(reviewState)),
  severity: optional(list(severity)),
  outcome: optional(list(oneOf(OUTCOMES))),
  app: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  host: optional(list(text('`*` for any run of characters', { max: 300 }), undefined, { max: 50 })),
  entity: optional(list(text(undefined, { max: 100 }), undefined, { max: 50 })),
  policy: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  rule: optional(list(text(undefined, { max: 200 }), undefined, { max: 50 })),
  channel: optional(list(oneOf(CHANNELS))),
  edge: optional(text('id of an edge', { max: 40 })),
  from: optional(moment()),
  to: optional(moment()),
} as const;
export const eventQuery = object({
  ...eventQueryFields,
  cursor: optional(text('`next` of the page before', { max: 400 })),
  limit: optional(integer('50 unless said', { min: 1, max: 200 })),
});
export type EventQuery = Of<typeof eventQuery>;
export const eventPage = named(
  'EventPage',
  object({
    events: list(eventRow, 'newest first'),
    next: nullable(text('cursor of what is older; null at the end')),
    problem: nullable(text('what of `q` was not understood')),
  }),
);
export type EventPage = Of<typeof eventPage>;

export const eventCountQuery = object(eventQueryFields);
export const eventCounts = named(
  'EventCounts',
  object({
    total: count,
    byReview: record(integer(), 'of the same filters but `review`'),
    byAction: record(integer(), 'of the same filters but `action`'),
    bySeverity: record(integer(), 'of the same filters but `severity`'),
  }),
);
export type EventCounts = Of<typeof eventCounts>;

const decision = object({
  direction: oneOf(DIRECTIONS),
  action,
  mode: oneOf(['enforce', 'monitor']),
  policy: nullable(text()),
  policyVersion: nullable(text()),
  rule: nullable(text()),
  severity: nullable(severity),
  explanation: list(text()),
});

const finding = object({
  entity: text(),
  alternatives: list(object({ entity: text(), score: number() })),
  category: oneOf(CATEGORIES),
  direction: oneOf(DIRECTIONS),
  role: oneOf(ROLES),
  position: oneOf(POSITIONS),
  path: text('JSON Pointer, form field, header'),
  count: integer(),
  maxScore: number(),
  scores: counts,
  fingerprints: list(text('keyed; never the value')),
});

const review = named(
  'Review',
  object({ state: reviewState, by: nullable(text()), note: nullable(text()), time: moment() }),
);
export type ReviewShape = Of<typeof review>;

export const eventDetail = named(
  'EventDetail',
  object({
    row: eventRow,
    decisions: list(decision),
    explanation: list(text()),
    policyVersion: nullable(text()),
    isCurrentPolicy: nullable(flag('whether that version of the policy is in force now; null where no policy decided')),
    rule: nullable(
      object({
        name: text(),
        description: nullable(text('of the policy')),
        message: nullable(text()),
        action,
        yaml: nullable(text('of the rule as it is in force now')),
      }),
    ),
    findings: list(finding),
    bytes: object({ out: integer(), in: integer() }),
    latencyMs: nullable(number()),
    exchange: nullable(text()),
    review: nullable(review),
    hasExcerpt: flag('reviewers may open it; each opening is recorded'),
    edges: list(text(), 'ids of the edges that it counts in'),
    override: nullable(object({ forMs: integer(), needsReason: flag() }), 'null: the rule gives none'),
    allowedUntil: nullable(moment('of an override that was given for this event and still runs')),
    seq: integer(),
    writer: text(),
    hash: text(),
    prevHash: text(),
  }),
);
export type EventDetail = Of<typeof eventDetail>;

export const excerpt = named(
  'Excerpt',
  object({
    places: list(
      object({
        path: text(),
        parts: list(
          union([
            object({ kind: constant('text'), text: text() }),
            object({ kind: constant('mark'), entity: text('what stood here; the value was never kept') }),
          ]),
        ),
      }),
    ),
  }),
);
export type Excerpt = Of<typeof excerpt>;

export const similarEvents = named(
  'SimilarEvents',
  object({
    sameValue: list(eventRow, 'the same values, by fingerprint'),
    sameRule: list(eventRow, 'the same rule, source and destination'),
  }),
);
export type SimilarEvents = Of<typeof similarEvents>;

export const eventHistory = named(
  'EventHistory',
  object({
    entries: list(
      object({
        id: text(),
        time: moment(),
        kind: oneOf(['review', 'opened', 'allowed', 'admin']),
        by: nullable(text()),
        state: nullable(reviewState),
        note: nullable(text()),
      }),
      'oldest first',
    ),
  }),
);
export type EventHistory = Of<typeof eventHistory>;

export const reviewRequest = named(
  'ReviewRequest',
  object({
    state: reviewState,
    note: optional(nullable(text('kept in clear: what looks sensitive in it is replaced', { max: 500 }))),
  }),
);
export type ReviewRequest = Of<typeof reviewRequest>;
export const reviewAnswer = named('ReviewAnswer', object({ review, id: text('of the event that the review is') }));
export type ReviewAnswer = Of<typeof reviewAnswer>;

export const allowRequest = named('AllowRequest', object({ reason: text(undefined, { min: 1, max: 500 }) }));
export type AllowRequest = Of<typeof allowRequest>;
export const allowAnswer = named('AllowAnswer', object({ until: moment() }));
export type AllowAnswer = Of<typeof allowAnswer>;

// ---- exceptions for false positives

const EXCEPTION_SCOPES = ['fingerprint', 'path', 'rule'] as const;
export const exceptionQuery = object({
  by: optional(oneOf(EXCEPTION_SCOPES, 'the narrowest that there is unless said: fingerprint, else path')),
  days: optional(integer('until it expires; 30 unless said', { min: 1, max: 400 })),
  reason: optional(text(undefined, { max: 300 })),
});
export type ExceptionQuery = Of<typeof exceptionQuery>;

const change = named(
  'BacktestChange',
  object({
    before: action,
    after: action,
    events: integer(),
    policy: nullable(text('that decides after the change')),
    rule: nullable(text()),
    samples: list(text('ids of events')),
    isEnforced: optional(flag('false: decided only, in monitor mode or outside a rollout')),
  }),
);
/** What a change of the policies would have done to what is stored. */
export const backtest = named(
  'Backtest',
  object({
    range,
    events: integer('that were looked at'),
    changed: list(change),
    unchanged: integer(),
    undecidable: integer('cannot be told without the text, which is not kept'),
    reasons: record(integer(), 'why undecidable'),
    isComplete: flag('false: it stopped at its limit, and `range` says how far it came'),
  }),
);
export type Backtest = Of<typeof backtest>;

export const exceptionProposal = named(
  'ExceptionProposal',
  object({
    by: oneOf(EXCEPTION_SCOPES),
    scopes: list(oneOf(EXCEPTION_SCOPES), 'which there are for this event, narrowest first'),
    text: text('what it lets pass, in a sentence'),
    expires: moment(),
    file: text('where it would stand'),
    yaml: text('the exception as a document of its own'),
    diff: text('unified, of that file'),
    effect: backtest,
    isWritable: flag('false: the folder is read-only, the diff is to be applied elsewhere'),
  }),
);
export type ExceptionProposal = Of<typeof exceptionProposal>;

// ---- policies

const ruleSummary = named(
  'RuleSummary',
  object({
    name: text(),
    action,
    detects: text('what it looks for, in words'),
    message: nullable(text()),
    hits: integer('in the last 30 days, carried out'),
    observed: integer('in the last 30 days, decided and not carried out'),
    lastHit: nullable(moment()),
    line: integer(),
  }),
);
export type RuleSummary = Of<typeof ruleSummary>;

const policySummary = named(
  'PolicySummary',
  object({
    name: text(),
    kind: oneOf(['policy', 'exception']),
    description: nullable(text()),
    severity: nullable(severity),
    mode: nullable(oneOf(['enforce', 'monitor'])),
    rollout: nullable(text()),
    version: nullable(text('as events name it')),
    file: text('id of its file'),
    rules: list(ruleSummary),
    tests: integer('how many are written in it'),
    expires: nullable(moment('of an exception')),
    excepts: nullable(object({ policy: text(), rule: nullable(text()) }), 'of an exception'),
  }),
);
export type PolicySummary = Of<typeof policySummary>;

const policyFile = named(
  'PolicyFile',
  object({
    id: text('its name below the folders of the configuration'),
    path: text(),
    isWritable: flag('whether this console may change it'),
    isShipped: flag('comes with Weir: it is not edited, policies beside it add to it'),
    hasDraft: flag(),
    canUndo: flag('an activation from here can be taken back'),
    revision: text('of its text: an edit names it, and is refused where the file has changed since'),
  }),
);
export type PolicyFile = Of<typeof policyFile>;

const draftSummary = named(
  'DraftSummary',
  object({
    file: text('id of the file that it would become'),
    revision: text(),
    changed: moment(),
    isNew: flag('there is no such file yet'),
  }),
);
export type DraftSummary = Of<typeof draftSummary>;

export const policySet = named(
  'PolicySet',
  object({
    files: list(policyFile),
    policies: list(policySummary),
    drafts: list(draftSummary),
    folder: nullable(
      object({ path: text(), isWritable: flag() }),
      'where new files go; null where the configuration names none',
    ),
    problem: nullable(text('why what lies there now is not what is in force')),
  }),
);
export type PolicySet = Of<typeof policySet>;

export const policyText = named('PolicyText', object({ file: policyFile, text: text() }));
export type PolicyText = Of<typeof policyText>;

const MAX_POLICY_TEXT = 512 * 1024;
const policySource = text('YAML, as it would stand in the file', { max: MAX_POLICY_TEXT });

export const checkRequest = named(
  'CheckRequest',
  object({ file: optional(text('that it would replace', { max: 300 })), text: policySource }),
);
export type CheckRequest = Of<typeof checkRequest>;
export const checkAnswer = named(
  'CheckAnswer',
  object({ problems: list(problem), policies: list(text(), 'names of the documents in it') }),
);
export type CheckAnswer = Of<typeof checkAnswer>;

export const testAnswer = named(
  'TestAnswer',
  object({
    passed: integer(),
    failed: integer(),
    results: list(
      object({
        policy: text(),
        line: nullable(integer()),
        expect: text(),
        text: text('with what was found in it replaced'),
        failures: list(text()),
      }),
    ),
    problems: list(problem),
  }),
);
export type TestAnswer = Of<typeof testAnswer>;

export const tryRequest = named(
  'TryRequest',
  object({
    sample: text('looked at and forgotten: it is neither kept nor logged', { max: 64 * 1024 }),
    file: optional(text('that `text` would replace', { max: 300 })),
    text: optional(policySource),
    to: optional(text('host or host:port', { max: 300 })),
    app: optional(nullable(text(undefined, { max: 100 }))),
    user: optional(nullable(text(undefined, { max: 200 }))),
    model: optional(nullable(text(undefined, { max: 200 }))),
    role: optional(oneOf(ROLES)),
    position: optional(oneOf(POSITIONS)),
    direction: optional(oneOf(DIRECTIONS)),
  }),
);
export type TryRequest = Of<typeof tryRequest>;
export const tryAnswer = named(
  'TryAnswer',
  object({
    problems: list(problem, 'where there are some, nothing was tried'),
    action,
    policy: nullable(text()),
    rule: nullable(text()),
    monitored: nullable(object({ action, policy: nullable(text()), rule: nullable(text()) })),
    message: nullable(text()),
    explanation: list(object({ policy: text(), rule: text(), action, text: text() })),
    findings: list(
      object({
        entity: text(),
        category: oneOf(CATEGORIES),
        start: integer('UTF-16 code units into the sample'),
        end: integer('exclusive'),
        score: number(),
        recognizer: text(),
      }),
    ),
    output: nullable(text('the sample as it would leave; null when it is blocked')),
    coverage,
  }),
);
export type TryAnswer = Of<typeof tryAnswer>;

export const backtestRequest = named(
  'BacktestRequest',
  object({
    file: optional(text('that `text` replaces; a new file unless said', { max: 300 })),
    text: policySource,
    days: optional(integer('30 unless said', { min: 1, max: 400 })),
  }),
);
export type BacktestRequest = Of<typeof backtestRequest>;
export const backtestAnswer = named(
  'BacktestAnswer',
  object({ problems: list(problem, 'where there are some, nothing was replayed'), backtest: nullable(backtest) }),
);
export type BacktestAnswer = Of<typeof backtestAnswer>;

export const draftRequest = named(
  'DraftRequest',
  object({
    text: policySource,
    revision: optional(nullable(text('of the draft that this goes on from; null: there was none', { max: 100 }))),
  }),
);
export type DraftRequest = Of<typeof draftRequest>;
export const draft = named(
  'Draft',
  object({
    file: text(),
    text: text(),
    revision: text(),
    changed: moment(),
    isNew: flag(),
    baseRevision: nullable(text('of the file that it would replace')),
    diff: text('unified, from the file in force to the draft'),
    problems: list(problem),
    isWritable: flag('false: it can be looked at and its diff downloaded, not activated'),
  }),
);
export type Draft = Of<typeof draft>;
export const diffRequest = named('DiffRequest', object({ file: text(undefined, { max: 300 }), text: policySource }));
export type DiffRequest = Of<typeof diffRequest>;
export const diffAnswer = named('DiffAnswer', object({ diff: text(), problems: list(problem) }));
export type DiffAnswer = Of<typeof diffAnswer>;
export const activateRequest = named(
  'ActivateRequest',
  object({
    revision: text('of the draft that was looked at', { max: 100 }),
    baseRevision: nullable(text('of the file that it was compared with', { max: 100 })),
  }),
);
export type ActivateRequest = Of<typeof activateRequest>;
export const activated = named(
  'Activated',
  object({
    file: policyFile,
    event: text('id of the admin event'),
    isInForce: flag('false: it is taken up in a moment'),
  }),
);
export type Activated = Of<typeof activated>;

// ---- sensor and fleet

const sensorTarget = object({
  name: text('library, program or hook'),
  state: oneOf(['attached', 'refused', 'missing']),
  processes: integer(),
  reason: nullable(text()),
});
const fleetHost = named(
  'FleetHost',
  object({
    host: text(),
    writer: nullable(text('id of its chain of records')),
    isThis: flag('the host that answers'),
    version: nullable(text()),
    lastSeen: nullable(moment()),
    events: nullable(integer()),
    health,
    workers: integer('processes that carry traffic'),
    openConnections: nullable(integer()),
    sensor: object({
      state: oneOf(['running', 'off', 'unavailable', 'failing']),
      reason: nullable(text()),
      kernel: nullable(text('which of its features are used')),
      attached: list(sensorTarget),
      losses: list(object({ what: text(), count: integer() })),
    }),
  }),
);
export type FleetHost = Of<typeof fleetHost>;
const notifyTarget = named(
  'NotifyTarget',
  object({
    name: text('kind and host; no path and no secret'),
    waiting: integer('to be sent'),
    sent: integer(),
    failed: integer(),
    lastError: nullable(text()),
    lastSent: nullable(moment()),
  }),
);
export type NotifyTarget = Of<typeof notifyTarget>;
const fleetChain = named(
  'FleetChain',
  object({
    writer: text('id of a chain of records'),
    seq: integer('its highest place that is known of'),
    missing: integer('places whose records have not come, though later ones have'),
    lastSeen: nullable(moment('of its newest record that is kept')),
  }),
);
export const fleet = named(
  'Fleet',
  object({
    hosts: list(fleetHost),
    chains: list(fleetChain, 'everybody who has written to this store, the latest first; 500 at most'),
    notify: list(notifyTarget),
  }),
);
export type Fleet = Of<typeof fleet>;

const nodeReport = named(
  'NodeReport',
  object({
    node: text('its name in the fleet that it has joined; else an id that its home has drawn'),
    host: text(),
    labels: list(text()),
    parts: list(oneOf(NODE_PARTS), 'what runs there'),
    weir: text('version'),
    startedAt: moment(),
    heard: moment('when it last reported'),
    isSilent: flag('silent for longer than it ever is while it runs'),
    bundle: nullable(object({ name: text(), version: integer(), since: moment() })),
    refused: nullable(
      object({ name: nullable(text()), version: nullable(integer()), reason: text(), since: moment() }),
      'the last bundle that it refused, unless it has taken one up since',
    ),
    held: nullable(text(), 'why the newest bundle is not taken up though nothing is wrong with it'),
    writers: list(text(), 'the chains that its home has written, the present one last'),
    dropped: integer('records that made room in its outbox since it started; checkpoints stand for them'),
    counts: object({
      calls: integer('exchanges since the bundle was taken up'),
      block: integer(),
      redact: integer(),
      tokenize: integer(),
      alert: integer(),
    }),
  }),
);
export type NodeReportRow = Of<typeof nodeReport>;
export const fleetPolicies = named(
  'FleetPolicies',
  object({
    hasBus: flag('false: this Weir is no node of a fleet, and knows of no other'),
    problem: nullable(text('why the nodes could not be asked for')),
    published: nullable(
      object({ name: text(), version: integer(), at: moment() }),
      'the newest bundle on the bus; what a node does not run it has not taken up yet',
    ),
    nodes: list(nodeReport, 'by host'),
  }),
);
export type FleetPolicies = Of<typeof fleetPolicies>;

// ---- words for filters

export const vocabulary = named(
  'Vocabulary',
  object({
    entities: list(object({ entity: text(), category: oneOf(CATEGORIES) })),
    apps: list(text()),
    owners: list(text()),
    vendors: list(text()),
    hosts: list(text(), 'the 200 seen last'),
    policies: list(object({ name: text(), rules: list(text()) })),
    keys: list(
      object({ key: text('of the search language'), text: text(), values: list(text(), 'where they are few') }),
    ),
  }),
);
export type Vocabulary = Of<typeof vocabulary>;

// ---- edge detail (behind events, which it shows)

export const edgeDetail = named(
  'EdgeDetail',
  object({
    row: edgeRow,
    via: text('how the name of the destination is known'),
    entities: list(
      object({
        entity: text(),
        category: nullable(text()),
        count: integer(),
        maxScore: nullable(number()),
        lastSeen: nullable(moment()),
        fingerprints: integer('different values that were kept count of'),
        paths: list(object({ path: text(), count: nullable(integer('null: not kept')) }), 'the ones seen last'),
      }),
    ),
    risk: nullable(
      object({
        score: number('0 to 100'),
        terms: list(
          object({
            name: text('sensitivity, trust, volume, control, novelty'),
            value: number('0 to 1'),
            text: text('why'),
          }),
        ),
      }),
    ),
    series: list(object({ start: moment(), calls: integer(), findings: integer() })),
    stepMs: integer(),
    events: list(eventRow, 'the newest ten'),
    suggestion: nullable(suggestion),
    isInBaseline: nullable(flag('null without a baseline')),
  }),
);
export type EdgeDetail = Of<typeof edgeDetail>;

export const lineageQuery = object({
  entity: optional(text(undefined, { max: 100 })),
  from: optional(text('a source or a data store', { max: 300 })),
  to: optional(text('a destination', { max: 300 })),
  limit: optional(integer(undefined, { min: 1, max: 500 })),
});
export type LineageQuery = Of<typeof lineageQuery>;
export const lineage = named(
  'Lineage',
  object({
    paths: list(
      object({
        certainty: oneOf(['confirmed', 'possible'], 'of its weakest link'),
        entities: list(text()),
        hops: list(
          object({
            from: text(),
            to: text(),
            edge: text(),
            certainty: oneOf(['confirmed', 'possible', 'seen']),
            firstSeen: moment(),
            lastSeen: moment(),
          }),
        ),
      }),
    ),
    isComplete: flag(),
    reach: nullable(
      list(
        object({
          label: text(),
          kind: oneOf(NODE_KINDS),
          owner: nullable(text()),
          hops: integer('of the shortest way'),
          isHeld: flag('by no way did anything arrive there as it was'),
          entities: record(
            oneOf(['confirmed', 'possible']),
            'classes that can have come there, and how certain that is',
          ),
        }),
        'with `from` alone: every place that its data can have come to; with `to` alone: every place that it can have come from',
      ),
    ),
    isKnown: object({ from: flag(), to: flag() }, 'whether anything on the map has the names asked for'),
    notSeen: list(text(), 'what no chain could be made of'),
  }),
);
export type Lineage = Of<typeof lineage>;

// ---- reports

export const reportQuery = object({
  from: optional(moment('of what was seen since; whole hours')),
  to: optional(moment('of what was seen until; whole hours')),
});
export const reportFileQuery = object({
  ...reportQuery.fields,
  format: optional(oneOf(REPORT_FORMATS, 'html unless said')),
});
const reportPart = object({
  edges: list(text(), 'ids of edges that it is made of, the first 20'),
  edgeCount: integer('how many there are'),
});
export type ReportPart = Of<typeof reportPart>;
export const reportView = named(
  'Report',
  object({
    kind: oneOf(REPORT_KINDS),
    title: text(),
    made: moment(),
    period: nullable(object({ from: moment(), to: moment() }), 'first and last moment of what was seen'),
    lead: list(text()),
    figures: list(object({ label: text(), value: number(), ...reportPart.fields })),
    tables: list(
      object({
        title: text(),
        intro: text(),
        columns: list(text()),
        rows: list(object({ cells: list(text()), ...reportPart.fields }), 'the first 200'),
        total: integer('how many rows there are'),
      }),
    ),
    flows: integer('how many flows it speaks of'),
    notSeen: list(text(), 'what it could not see'),
  }),
);
export type ReportView = Of<typeof reportView>;
export const reportFile = named(
  'ReportFile',
  object({ name: text('for a file'), mediaType: text(), text: text('the file', { max: 40_000_000 }) }),
);
export type ReportFile = Of<typeof reportFile>;

// ---- live updates

/** What the stream sends, as `data` of server-sent events; `id` of each is what Last-Event-ID resumes from. */
export const streamMessage = named(
  'StreamMessage',
  union([
    object({
      kind: constant('snapshot'),
      totals: object({ calls: integer(), blocked: integer() }, 'of the last 24 hours'),
      openReviews: count,
      health,
      policies: text('changes when the set in force does'),
    }),
    object({
      kind: constant('update'),
      events: list(eventRow, 'new ones above allow, and reviews; at most 50, newest first'),
      skipped: integer('new ones that found no room in `events`'),
      calls: integer('more than before'),
      blocked: integer('more than before'),
      edges: list(text(), 'ids of edges seen for the first time; at most 50'),
      reviewed: list(object({ id: text(), review: reviewState })),
      health: nullable(health, 'null: as before'),
      policies: nullable(text(), 'null: as before'),
    }),
  ]),
);
export type StreamMessage = Of<typeof streamMessage>;
