/**
 * The grammar of a policy file: every key, what it takes and its default. What a key means stands in docs/policies.md;
 * how it is carried out, in policy-set.ts.
 */
import { ACTIONS, DIRECTIONS, REDACTIONS, SEVERITIES } from '../../flow/decision.ts';
import { CATEGORIES, FINGERPRINT, MEDIUM } from '../../flow/finding.ts';
import { DESTINATION_CATEGORIES } from '../../flow/parties.ts';
import { POSITIONS, ROLES } from '../../flow/segment.ts';
import { normalise } from '../scan/normalise.ts';
import { patternProblem, searchProblem } from '../scan/pattern.ts';
import type { Shape, TypeOf } from './checked-yaml.ts';
import { hostGlobProblem } from './glob.ts';
import {
  as,
  boolean,
  byKey,
  checked,
  duration,
  list,
  nullable,
  number,
  type ObjectOf,
  object,
  oneOf,
  optional,
  type Placed,
  placed,
  type Report,
  size,
  string,
  withSchema,
} from './shapes.ts';

const MAX_PATTERN = 1000;
const DAY_MS = 86_400_000;

const pattern = string({
  expected: 'a regular expression (RE2)',
  check: (source) =>
    source.length > MAX_PATTERN ? `a pattern longer than ${MAX_PATTERN} characters` : patternProblem(source),
});
/** Of a recognizer: it has to find something. */
const searched = string({
  expected: 'a regular expression (RE2)',
  check: (source) =>
    source.length > MAX_PATTERN ? `a pattern longer than ${MAX_PATTERN} characters` : searchProblem(source),
});
const hostGlob = string({ expected: 'a host, in which * is any characters', maxLength: 253, check: hostGlobProblem });
const glob = string({ expected: 'a name, in which * is any characters', maxLength: 256 });
const name = string({
  expected: 'a name of letters, digits, "-", "_" and "."',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
});
const text = string({ maxLength: 2000 });
const country = string({ expected: 'a country as two capital letters (ISO 3166-1), in quotes', pattern: /^[A-Z]{2}$/ });

/** Upper snake case: `CREDIT_CARD`. */
export const ENTITY_NAME = /^[A-Z][A-Z0-9_]{1,63}$/;

/** An entity, `category:NAME` or `*`. Whether an entity is known can be said only with all policies at hand. */
const entitySelector = withSchema(
  string({
    expected: 'an entity such as CREDIT_CARD, "category:credential" or "*"',
    check(value) {
      // In any case of letters: policy-check.ts then names the entity that was meant.
      if (value === '*' || /^[A-Za-z][A-Za-z0-9_-]{1,63}$/.test(value)) return null;
      if (!value.startsWith('category:')) return 'expected an entity such as CREDIT_CARD, "category:credential" or "*"';
      const category = value.slice('category:'.length);
      return CATEGORIES.some((known) => known === category)
        ? null
        : `unknown category; expected one of ${CATEGORIES.join(', ')}`;
    },
  }),
  {
    anyOf: [
      { enum: ['*', ...CATEGORIES.map((category) => `category:${category}`)] },
      { type: 'string', pattern: ENTITY_NAME.source },
    ],
  },
);

const destinations = object({
  categories: optional(list(oneOf(DESTINATION_CATEGORIES)), []),
  hosts: optional(list(hostGlob), []),
  vendors: optional(list(text), []),
  countries: optional(list(country), []),
  sanctioned: optional(boolean()),
});

const sources = object({
  apps: optional(list(glob), []),
  users: optional(list(glob), []),
  processes: optional(list(glob), []),
  containers: optional(list(glob), []),
});

const matchFields = {
  destinations: optional(destinations),
  sources: optional(sources),
  directions: optional(list(oneOf(DIRECTIONS)), []),
  models: optional(list(glob), []),
  roles: optional(list(oneOf(ROLES)), []),
  positions: optional(list(oneOf(POSITIONS)), []),
} as const;

const narrowing = object(matchFields);
export type Narrowing = TypeOf<typeof narrowing>;
export type DestinationMatch = TypeOf<typeof destinations>;
export type SourceMatch = TypeOf<typeof sources>;

/** True when no key narrows anything. */
export function isWide(match: Narrowing): boolean {
  return (
    isWideDestination(match.destinations) &&
    isWideSource(match.sources) &&
    match.directions.length + match.models.length + match.roles.length + match.positions.length === 0
  );
}

export function isWideDestination(match: DestinationMatch | null): boolean {
  if (match === null) return true;
  const { categories, hosts, vendors, countries, sanctioned } = match;
  return sanctioned === null && categories.length + hosts.length + vendors.length + countries.length === 0;
}

export function isWideSource(match: SourceMatch | null): boolean {
  if (match === null) return true;
  return match.apps.length + match.users.length + match.processes.length + match.containers.length === 0;
}

const match = object({
  ...matchFields,
  not: optional(
    checked(narrowing, (value, report) => {
      if (isWide(value)) report('expected at least one key that narrows: an empty `not` would rule out every message');
    }),
  ),
});
export type Match = TypeOf<typeof match>;

/** A day (its end, UTC) or a time with its zone, as milliseconds since 1970. */
const expires = as(
  string({
    expected: 'a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z',
    check: (value) =>
      instantOf(value) === null ? 'expected a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z' : null,
  }),
  (value) => instantOf(value) ?? 0,
);

function instantOf(value: string): number | null {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(value);
  if (!day && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(value)) return null;
  const start = Date.parse(day ? `${value}T00:00:00.000Z` : value);
  if (Number.isNaN(start)) return null;
  // Date.parse takes 31 February as 3 March.
  if (new Date(Date.parse(`${value.slice(0, 10)}T00:00:00Z`)).toISOString().slice(0, 10) !== value.slice(0, 10))
    return null;
  return day ? start + 86_399_999 : start;
}

const exceptFields = {
  values: optional(
    list(
      string({
        check: (value) => (normalise(value) === '' ? 'expected a value with letters or digits in it' : null),
      }),
    ),
    [],
  ),
  patterns: optional(list(pattern, { max: 100 }), []),
  fingerprints: optional(list(string({ expected: 'a fingerprint of 22 characters', pattern: FINGERPRINT })), []),
  paths: optional(
    list(
      string({
        expected: 'a path such as /messages/*/content',
        pattern: /^(\/|\*)/,
        maxLength: 256,
      }),
    ),
    [],
  ),
  sources: optional(sources),
  destinations: optional(destinations),
  reason: optional(text),
  by: optional(text),
} as const;

const except = checked(object({ ...exceptFields, expires: optional(expires) }), refuseWideException);
export type Except = TypeOf<typeof except>;

function refuseWideException(value: ObjectOf<typeof exceptFields>, report: Report): void {
  const selectors = value.values.length + value.patterns.length + value.fingerprints.length + value.paths.length;
  if (selectors === 0 && isWideSource(value.sources) && isWideDestination(value.destinations)) {
    report(
      'expected one of values, patterns, fingerprints, paths, sources, destinations: this would except everything',
    );
  }
}

const count = number({ integer: true, min: 1, max: 1_000_000 });
const companionCount = number({ integer: true, min: 1, max: 1000 });
const score = number({ min: 0, max: 1 });

const companion = object({
  entities: list(placed(entitySelector), { min: 1 }),
  minScore: optional(score, MEDIUM),
  minCount: optional(companionCount, 1),
  minDistinct: optional(companionCount, 1),
});
export type Companion = TypeOf<typeof companion>;

const detect = checked(
  object({
    entities: optional(list(placed(entitySelector), { min: 1 })),
    minScore: optional(score, MEDIUM),
    minCount: optional(count, 1),
    minDistinct: optional(count, 1),
    and: optional(list(companion, { min: 1, max: 16 }), []),
    within: optional(number({ integer: true, min: 0, max: 1_000_000 })),
    coverage: optional(list(oneOf(['full', 'truncated', 'opaque']), { min: 1 })),
  }),
  (value, report) => {
    if (value.entities === null && value.coverage === null) report('expected entities, coverage or both');
    if (value.entities === null && value.and.length > 0) report('`and` needs entities beside it', ['and']);
    if (value.within !== null && value.and.length === 0) report('`within` needs `and`: near to what?', ['within']);
  },
);
export type Detect = TypeOf<typeof detect>;

const limit = checked(
  object({
    requests: optional(count),
    bytes: optional(size({ min: 1 })),
    findings: optional(count),
    per: duration({ min: 60_000, max: 31 * DAY_MS }),
  }),
  (value, report) => {
    if (value.requests === null && value.bytes === null && value.findings === null) {
      report('expected at least one of requests, bytes, findings');
    }
  },
);

const override = object({
  for: duration({ min: 60_000, max: 7 * DAY_MS }),
  reason: optional(oneOf(['required', 'optional']), 'required'),
});

const rule = checked(
  object({
    name: placed(name),
    match: optional(match),
    detect: optional(detect),
    action: oneOf(ACTIONS),
    with: optional(oneOf(REDACTIONS)),
    severity: optional(oneOf(SEVERITIES)),
    message: optional(text),
    except: optional(except),
    limit: optional(limit),
    override: optional(override),
  }),
  (value, report) => {
    const isEdit = value.action === 'redact' || value.action === 'tokenize';
    if (isEdit && (value.detect === null || value.detect.entities === null)) {
      report(`expected allow, alert or block: without entities there is nothing to ${value.action}`, ['action']);
    }
    if (value.with !== null && value.action !== 'redact') report('`with` goes with action redact only', ['with']);
    if (value.limit !== null && value.detect !== null) {
      report('expected either `limit` or `detect`: a limit counts what its `match` takes in', ['limit']);
    }
    if (value.override !== null && (value.action === 'allow' || value.action === 'alert')) {
      report(`\`override\` goes with tokenize, redact and block: ${value.action} lets everything through`, [
        'override',
      ]);
    }
  },
);
export type Rule = TypeOf<typeof rule>;

const recognizer = checked(
  object({
    entity: placed(string({ expected: 'an entity in upper snake case, such as STAFF_ID', pattern: ENTITY_NAME })),
    category: optional(oneOf(CATEGORIES), 'custom'),
    patterns: optional(list(searched, { max: 100 }), []),
    words: optional(list(text), []),
    validator: optional(nullable(placed(text))),
    context: optional(list(text), []),
    score: optional(score, MEDIUM),
    hits: optional(list(placed(text), { max: 1000 }), []),
    misses: optional(list(placed(text), { max: 1000 }), []),
  }),
  (value, report) => {
    if (value.patterns.length + value.words.length === 0) report('expected patterns, words or both');
  },
);
export type Recognizer = TypeOf<typeof recognizer>;

const test = object({
  text: string({ allowEmpty: true }),
  expect: oneOf(ACTIONS),
  entities: optional(list(placed(string({ expected: 'an entity such as CREDIT_CARD', pattern: ENTITY_NAME })))),
  to: optional(string({ expected: 'a host or host:port', maxLength: 260 })),
  app: optional(text),
  user: optional(text),
  model: optional(text),
  role: optional(oneOf(ROLES), 'user'),
  position: optional(oneOf(POSITIONS), 'latest'),
  direction: optional(oneOf(DIRECTIONS), 'request'),
  rule: optional(placed(name)),
  output: optional(string({ allowEmpty: true })),
  used: optional(
    object({
      requests: optional(number({ integer: true, min: 0 }), 0),
      bytes: optional(size({ min: 0 }), 0),
      findings: optional(number({ integer: true, min: 0 }), 0),
    }),
  ),
});
/** The text as if it were a whole message of one segment; `to` is `api.openai.com` unless said. */
export type PolicyTest = TypeOf<typeof test>;

/** Of the sources, picked by a keyed digest of each, so that every process picks the same. */
const rollout = string({
  expected: 'a percentage from 0% to 100%',
  pattern: /^(100|[1-9]?[0-9])%$/,
});

const policy = checked(
  object(
    {
      apiVersion: oneOf(['weir/v1']),
      kind: oneOf(['Policy']),
      name: placed(name),
      description: optional(text),
      severity: optional(oneOf(SEVERITIES), 'medium'),
      mode: optional(oneOf(['enforce', 'monitor']), 'enforce'),
      rollout: optional(rollout, '100%'),
      match: optional(match),
      rules: optional(list(rule), []),
      recognizers: optional(list(recognizer), []),
      tests: optional(list(placed(test)), []),
    },
    { description: 'Rules on what may leave, to where, from whom.' },
  ),
  (value, report) => {
    if (value.rules.length + value.recognizers.length === 0) report('expected rules, recognizers or both');
    const seen = new Set<string>();
    for (const [index, one] of value.rules.entries()) {
      if (seen.has(one.name.value)) report(`duplicate rule name "${one.name.value}"`, ['rules', index, 'name']);
      seen.add(one.name.value);
    }
  },
);

const exception = checked(
  object(
    {
      apiVersion: oneOf(['weir/v1']),
      kind: oneOf(['Exception']),
      name: optional(name),
      policy: placed(name),
      rule: optional(placed(name)),
      ...exceptFields,
      expires,
    },
    { description: 'Takes findings out of a policy that stays as it is, until a date.' },
  ),
  refuseWideException,
);

/** A document of kind Policy as written, defaults filled in. */
export type Policy = TypeOf<typeof policy>;
/** A document of kind Exception as written. */
export type Exception = TypeOf<typeof exception>;
export type PlacedName = Placed<string>;

/** Any document of a policy file. */
export const documentShape: Shape<Policy | Exception> = byKey('kind', { Policy: policy, Exception: exception });
