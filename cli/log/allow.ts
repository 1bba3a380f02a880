/**
 * `weir log allow`: lets what a rule stopped through for a while, where the rule grants that: the same findings from
 * the same source to the same destination, as `alert`. It is on record as a review before it takes effect, and nothing
 * else passes by it.
 */
import { loadPolicies } from '../../config/policies.ts';
import type { Rule } from '../../engine/decide/grammar.ts';
import { isPolicy, type PolicyDocument } from '../../engine/decide/policy-file.ts';
import { actionRank } from '../../flow/decision.ts';
import type { EventDecision, WeirEvent } from '../../flow/event.ts';
import type { Override } from '../../flow/override.ts';
import { openHome } from '../../store/home.ts';
import { writeOverride } from '../../store/overrides.ts';
import { review } from '../../store/review.ts';
import { type Command, hasOption, textOption, UsageError } from '../command.ts';
import { cleanText } from './clean-text.ts';
import { findEvent, idArgument } from './find-event.ts';
import { withLog } from './open-log.ts';
import { safeNote, systemUser } from './safe-note.ts';

export const command: Command = {
  name: 'log allow',
  summary: 'lets what was stopped through for a while, where the rule grants it',
  usage: 'weir log allow ID --reason TEXT [--by NAME] [--json]',
  details: [
    'The rule that stopped the event has to grant it (`override: {for: 15m}`). For that long the same findings',
    'from the same source to the same destination pass, as alert; a running proxy takes it up within a second.',
    'It is recorded as a review (accepted_risk) of the event.',
    '--reason  why; kept in clear: what looks sensitive in it is replaced by its kind',
    '--by      who allowed it; the user of this system otherwise',
    'Exit code 1 where there is no such event, nothing was stopped, or the rule does not grant it.',
  ].join('\n'),
  example: 'weir log allow 01JABCDEF --reason "test card of the payment provider, ticket 4711"',
  options: { reason: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const id = idArgument(context);
    const reason = safeNote(context, 'reason');
    const event = await withLog(context, (reader) => findEvent(context, reader, id));
    if (event === null) return 1;
    const granted = grantOf(loadPolicies(context.config()), event, Date.now());
    if (typeof granted === 'string') {
      context.err(`weir: ${cleanText(granted)}\n`);
      return 1;
    }
    const { rule, override } = granted;
    if (reason === null && rule.override?.reason === 'required') throw new UsageError('needs --reason');
    const home = openHome(context.config().home);
    const until = new Date(override.until).toISOString();
    const note = allowedNote(until, reason);
    const by = textOption(context, 'by') ?? systemUser();
    const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
    const recorded = review(home, { id: event.id, reviewed: event, state: 'accepted_risk', note, by }, say);
    if (recorded.kind !== 'reviewed') {
      say(`no event ${event.id}`);
      return 1;
    }
    writeOverride(home, override, override.from);
    if (hasOption(context, 'json')) {
      const { policy, rule: name, from, until: end } = override;
      const times = { from: new Date(from).toISOString(), until: new Date(end).toISOString() };
      context.out(`${JSON.stringify({ event: event.id, policy, rule: name, ...times })}\n`);
    } else context.out(`${event.id} allowed until ${until} (${override.policy}/${override.rule})\n`);
    return 0;
  },
};

/** The note of the review that an override is recorded as. */
export function allowedNote(until: string, reason: string | null): string {
  return `allowed until ${until}${reason === null ? '' : `: ${reason}`}`;
}

export interface Grant {
  readonly rule: Rule;
  readonly override: Override;
}

/** What may be let through of an event by the policies in force, or why nothing may. */
export function grantOf(documents: readonly PolicyDocument[], event: WeirEvent, now: number): Grant | string {
  const stopped = event.decisions.find(isStopping);
  if (event.kind !== 'exchange' || stopped === undefined) return `nothing was stopped or changed in event ${event.id}`;
  const { policy, rule: name, direction } = stopped;
  const { host, port } = event.destination;
  if (policy === null || name === null || host === null || port === null) {
    return `event ${event.id} was stopped by the proxy itself, not by a rule that can be overridden`;
  }
  const rule = documents
    .filter(isPolicy)
    .find((one) => one.name.value === policy)
    ?.rules.find((one) => one.name.value === name);
  if (rule === undefined) return `${policy}/${name}, which stopped it, is not among the policies`;
  if (rule.override === null) {
    return `${policy}/${name} grants no override (\`override: {for: 15m}\`); an exception is the other way`;
  }
  const fingerprints = [
    ...new Set(event.findings.filter((one) => one.direction === direction).flatMap((one) => one.fingerprints)),
  ];
  if (rule.detect?.entities != null && fingerprints.length === 0) {
    return `the fingerprints of event ${event.id} are no longer on record: nothing says what may pass`;
  }
  const { app, verified, host: on, user, exe, container } = event.source;
  return {
    rule,
    override: {
      event: event.id,
      policy,
      rule: name,
      fingerprints,
      source: { app, verified, host: on, user, exe, container },
      destination: { host, port },
      from: now,
      until: now + rule.override.for,
    },
  };
}

function isStopping({ action, mode, policy }: EventDecision): boolean {
  return mode === 'enforce' && policy !== null && policy !== 'proxy' && actionRank(action) > actionRank('alert');
}
