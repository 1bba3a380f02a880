/**
 * The engine for other programs, as `weir/engine` exports it: texts in, findings and decisions out, offsets in UTF-16
 * code units. It opens nothing, reads no clock and keeps no text. Its types need none of Node's.
 */
import { createHmac } from 'node:crypto';
import { type Coverage, FULL, truncated } from '../flow/coverage.ts';
import type { Action, Direction, Reason, Severity } from '../flow/decision.ts';
import { WeirError } from '../flow/errors.ts';
import { type Alternative, type Category, MEDIUM, type ScoreReason } from '../flow/finding.ts';
import type { Message } from '../flow/message.ts';
import type { Destination, DestinationCategory, Source } from '../flow/parties.ts';
import type { Position, Role } from '../flow/role.ts';
import { problemText } from './decide/checked-yaml.ts';
import { didYouMean } from './decide/near-name.ts';
import { type PolicyDocument, parsePolicies } from './decide/policy-file.ts';
import { compilePolicies } from './decide/policy-set.ts';
import { type Engine, inspectText } from './inspect.ts';
import { BUILT_IN } from './recognizers/built-in.ts';
import { normalise } from './scan/normalise.ts';
import { utf16Offsets } from './scan/offsets.ts';
import { createScanner } from './scan/scanner.ts';
import { Conversation } from './transform/conversation.ts';

export type { Coverage, CoverageLevel } from '../flow/coverage.ts';
export type { Action, Direction, Reason, Severity } from '../flow/decision.ts';
export { type ErrorCode, WeirError } from '../flow/errors.ts';
export type { Alternative, Category, ScoreReason } from '../flow/finding.ts';
export type { DestinationCategory } from '../flow/parties.ts';
export type { Position, Role } from '../flow/role.ts';
export { Conversation } from './transform/conversation.ts';

/** A recognizer of your own, as in a policy; docs/policies.md says what each key does. */
export interface OwnRecognizer {
  /** Upper snake case. */
  readonly entity: string;
  /** `custom` unless said. */
  readonly category?: Category;
  /** RE2: no look-around, no back-references. */
  readonly patterns?: readonly string[];
  readonly words?: readonly string[];
  /** The name of a check that a value has to pass. */
  readonly validator?: string | null;
  readonly context?: readonly string[];
  /** 0 to 1; 0.5 unless said. */
  readonly score?: number;
}

/** A policy file: its text in YAML, and the name that problems show. */
export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

export interface EngineOptions {
  /** Names of recognizers or entities that are left out. */
  readonly disable?: readonly string[];
  /** How names are looked for in running text; `fast` unless said. `off` leaves out persons wherever they stand. */
  readonly names?: 'fast' | 'thorough' | 'off';
  readonly recognizers?: readonly OwnRecognizer[];
  /** What `decide` decides by; their recognizers are used by `inspect`, too. */
  readonly policies?: readonly PolicyText[];
}

export interface InspectOptions {
  /** Findings of this score or higher, 0 to 1; 0.5 unless said. */
  readonly minScore?: number;
  /** The key, field or column that holds the text; counts as context. */
  readonly label?: string | null;
  readonly role?: Role | null;
  /** Each finding says why its score is what it is. */
  readonly explain?: boolean;
}

export interface TextEngineFinding {
  readonly entity: string;
  /** Other kinds that the same value may be. */
  readonly alternatives: readonly Alternative[];
  readonly category: Category;
  /** UTF-16 code units, end exclusive: `text.slice(start, end)` is the value. */
  readonly start: number;
  readonly end: number;
  /** Below 0.5 low, from 0.5 medium, from 0.8 high. */
  readonly score: number;
  readonly recognizer: string;
  readonly explanation?: readonly ScoreReason[];
}

export interface InspectedText {
  /** By place, without overlaps. */
  readonly findings: readonly TextEngineFinding[];
  /** How much was looked at. */
  readonly coverage: Coverage;
  /** The text with `[ENTITY]` in the place of each finding, or with what `replacement` gives for it. */
  redact(replacement?: (finding: TextEngineFinding) => string): string;
}

/** Where a text goes, from whom, and when: what a policy's `match` may ask. */
export interface TextContext {
  /** Exceptions run out; the engine has no clock of its own. */
  readonly now: Date;
  /** Canonical: lower case, no trailing dot. `category` is `genai` unless said. */
  readonly destination: {
    readonly host: string;
    readonly port?: number;
    readonly vendor?: string | null;
    readonly category?: DestinationCategory;
    readonly country?: string | null;
    readonly sanctioned?: boolean;
  };
  readonly source?: { readonly app?: string | null; readonly user?: string | null; readonly process?: string | null };
  /** `request` unless said. */
  readonly direction?: Direction;
  /** `user` unless said. */
  readonly role?: Role;
  /** `latest` unless said. */
  readonly position?: Position;
  readonly model?: string | null;
  /** Pseudonyms hold within it; a new one unless given. */
  readonly conversation?: Conversation;
}

export interface DecidedText {
  readonly action: Action;
  /** Null where no rule held. */
  readonly policy: string | null;
  readonly rule: string | null;
  readonly severity: Severity | null;
  /** The rule's own words to the user. */
  readonly message: string | null;
  /** One for each rule that held and each exception that took something out; no values. */
  readonly explanation: readonly Reason[];
  /** The text as it may leave; null where it is blocked. */
  readonly output: string | null;
}

export interface RecognizerInfo {
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2; empty where it belongs to no country. */
  readonly countries: readonly string[];
  /** A value that it finds; masked where it is a credential. */
  readonly example: string;
}

export interface TextEngine {
  inspect(text: string, options?: InspectOptions): InspectedText;
  /** What the policies say of a text; `allow` where there are none. */
  decide(text: string, context: TextContext): DecidedText;
  readonly recognizers: readonly RecognizerInfo[];
}

/**
 * Compiles recognizers and policies; takes some tens of milliseconds, so make one and keep it. Throws WeirError:
 * `config_invalid` for a name under `disable` that nothing has, `policy_invalid` with `name:line:column` of each problem,
 * `pattern_invalid` for a recognizer of your own that cannot be compiled.
 */
export function createEngine(options: EngineOptions = {}): TextEngine {
  const disable = options.disable ?? [];
  const policies = compilePolicies(documentsOf(options.policies ?? []));
  const own = (options.recognizers ?? []).map(filled);
  checkDisabled(disable, [...policies.recognizers, ...own]);
  const scanner = createScanner({ custom: [...policies.recognizers, ...own], disable, names: options.names ?? 'fast' });
  const engine: Engine = {
    scanner,
    policies,
    fingerprint,
    onOpaque: { media: 'allow', encoded: 'allow' },
    maxDecodedBytes: 0,
  };
  return {
    recognizers: scanner.recognizers,
    inspect(text, { minScore = MEDIUM, label = null, role = null, explain = false } = {}) {
      const bytes = Buffer.from(text, 'utf8');
      let coverage = FULL;
      const onTruncated = (): void => {
        coverage = truncated('limit');
      };
      const found = scanner.scan(bytes, { label, role, isExplained: explain, onTruncated });
      const kept = found.filter((finding) => finding.score >= minScore);
      const offsets = utf16Offsets(
        bytes,
        kept.flatMap(({ start, end }) => [start, end]),
      );
      const findings = kept.map((finding, index): TextEngineFinding => {
        const [start = 0, end = 0] = offsets.slice(index * 2, index * 2 + 2);
        return { ...finding, start, end };
      });
      return { findings, coverage, redact: (replacement) => redacted(text, findings, replacement) };
    },
    decide: (text, context) => decided(engine, text, context),
  };
}

function documentsOf(policies: readonly PolicyText[]): readonly PolicyDocument[] {
  const read = policies.map(({ name, text }) => parsePolicies(name, text));
  const problems = read.flatMap((one) => one.problems);
  if (problems.length > 0) throw new WeirError('policy_invalid', problems.map(problemText).join('\n'));
  return read.flatMap((one) => one.documents);
}

function filled(own: OwnRecognizer) {
  const {
    entity,
    category = 'custom',
    patterns = [],
    words = [],
    validator = null,
    context = [],
    score = MEDIUM,
  } = own;
  return { entity, category, patterns, words, validator, context, score, hits: [], misses: [] };
}

function checkDisabled(disable: readonly string[], own: readonly { readonly entity: string }[]): void {
  const known = new Set([...BUILT_IN.flatMap((one) => [one.name, one.entity]), ...own.map((one) => one.entity)]);
  for (const name of disable) {
    if (known.has(name)) continue;
    throw new WeirError('config_invalid', `disable: no recognizer or entity "${name}"${didYouMean(name, [...known])}`);
  }
}

/** Tells values apart within this engine; it fits no fingerprint of a home. */
function fingerprint(entity: string, value: string): string {
  return createHmac('sha256', 'weir/engine')
    .update(`${entity}\0${normalise(value)}`)
    .digest('base64url')
    .slice(0, 22);
}

function redacted(
  text: string,
  findings: readonly TextEngineFinding[],
  replacement: (finding: TextEngineFinding) => string = ({ entity }) => `[${entity}]`,
): string {
  let out = '';
  let at = 0;
  for (const finding of findings) {
    out += text.slice(at, finding.start) + replacement(finding);
    at = finding.end;
  }
  return out + text.slice(at);
}

function decided(engine: Engine, text: string, context: TextContext): DecidedText {
  const message: Message = {
    direction: context.direction ?? 'request',
    source: sourceOf(context),
    destination: destinationOf(context),
    method: 'POST',
    target: '/',
    status: context.direction === 'response' ? 200 : null,
    headers: [],
    body: Buffer.alloc(0),
  };
  const { role = 'user', position = 'latest', model = null } = context;
  const conversation = context.conversation ?? new Conversation();
  const { decision, edited } = inspectText(
    engine,
    message,
    text,
    { role, position, model },
    {
      now: context.now,
      held: true,
      conversation: () => conversation,
    },
  );
  const { action, policy, rule, severity, message: words } = decision.enforced;
  const output = action === 'block' ? null : (edited?.body.toString('utf8') ?? text);
  return { action, policy, rule, severity, message: words, explanation: decision.explanation, output };
}

/** An app is taken at its word: who asks knows who sends. */
function sourceOf({ source = {} }: TextContext): Source {
  const { app = null, user = null, process = null } = source;
  const unknown = { host: null, pid: null, exe: null, container: null, credential: null };
  return { ...unknown, app, verified: app !== null, process, user };
}

function destinationOf({ destination }: TextContext): Destination {
  const { host, port = 443, vendor = null, category = 'genai', country = null, sanctioned = false } = destination;
  return { host, port, vendor, category, country, sanctioned };
}
