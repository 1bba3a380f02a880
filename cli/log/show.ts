/** `weir log show`: one event whole, its redacted excerpt included where the key is there. */
import { coverageText } from '../../flow/coverage.ts';
import type { EventFinding, WeirEvent } from '../../flow/event.ts';
import { type Command, hasOption } from '../command.ts';
import { cleanLines } from './clean-text.ts';
import { findEvent, idArgument } from './find-event.ts';
import { withLog } from './open-log.ts';

export const command: Command = {
  name: 'log show',
  summary: 'one event whole',
  usage: 'weir log show ID [--json]',
  details: [
    'ID is an id from `weir log list` or from the header x-weir-event, or a beginning of it that no other',
    'event has. The excerpt is the text round the findings, redacted. Exit code 1 where there is none such.',
  ].join('\n'),
  example: 'weir log show 01JABCDEF --json',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const id = idArgument(context);
    return withLog(context, async (reader) => {
      const event = await findEvent(context, reader, id);
      if (event === null) return 1;
      context.out(hasOption(context, 'json') ? `${JSON.stringify(event, null, 2)}\n` : cleanLines(describe(event)));
      return 0;
    });
  },
};

function describe(event: WeirEvent): string {
  const facts = [
    ['event', `${event.id}  ${event.kind}, record ${event.seq} of writer ${event.writer}`],
    ['time', event.time],
    ['outcome', [event.outcome, event.status, event.reason].filter((part) => part !== null).join(', ')],
    ['action', `${event.action}${event.enforced ? '' : ' (not carried out)'}`],
    ['decided by', ruleText(event)],
    ['coverage', coverageText(event.coverage)],
    ['source', sourceText(event)],
    ['destination', destinationText(event)],
    ['route', [event.route, event.provider, event.model].filter((part) => part !== null).join(', ')],
    ['bytes', `${event.bytes.out} out, ${event.bytes.in} in`],
    ['latency', event.latencyMs === null ? '' : `${event.latencyMs} ms`],
    ['refers to', event.refersTo ?? ''],
    ['review', reviewText(event)],
    ['hash', event.hash],
  ];
  const head = facts.filter(([, text]) => text !== '').map(([name, text]) => `${(name ?? '').padEnd(12)}${text}\n`);
  return [
    ...head,
    ...section('findings', event.findings.map(findingText)),
    ...section(
      'decisions',
      event.decisions.map((one) => decisionText(one)),
    ),
    ...section('explanation', event.explanation),
    ...section('excerpt', event.excerpt === null ? [] : event.excerpt.split('\n')),
  ].join('');
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\n${name}\n`, ...lines.map((line) => `  ${line}\n`)];
}

function ruleText({ policy, rule, policyVersion, severity }: WeirEvent): string {
  if (policy === null) return '';
  const version = policyVersion === null ? '' : `, version ${policyVersion}`;
  return `${policy}/${rule ?? '-'}${version}${severity === null ? '' : `, severity ${severity}`}`;
}

function sourceText({ source }: WeirEvent): string {
  const { app, verified, host, process, pid, exe, user, container, credential, subject, workload } = source;
  const pod = workload?.pod ?? null;
  const named: readonly (readonly [string, string | number | null])[] = [
    ['app', app === null ? null : `${app}${verified ? '' : ' (unverified)'}`],
    ['host', host],
    ['process', process],
    ['pid', pid],
    ['exe', exe],
    ['user', user],
    ['container', container],
    ['image', workload?.image ?? null],
    ['pod', pod === null ? null : `${pod.namespace}/${pod.name}`],
    ['unit', workload?.unit ?? null],
    ['arguments', workload == null || workload.args.length === 0 ? null : workload.args.join(' ')],
    ['started by', workload == null || workload.parents.length === 0 ? null : workload.parents.join(' < ')],
    ['credential', credential],
    ['certificate', subject ?? null],
  ];
  return named
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function destinationText({ destination }: WeirEvent): string {
  const { host, port, vendor, category, country, organization } = destination;
  if (host === null) return '';
  const details = [vendor, category, country, organization].filter((part) => part != null).join(', ');
  return `${host}:${port ?? '-'} (${details})`;
}

function reviewText({ review }: WeirEvent): string {
  if (review === null) return '';
  const by = review.by === null ? '' : ` by ${review.by}`;
  return `${review.state}${by}, ${review.time}${review.note === null ? '' : `: ${review.note.replaceAll('\n', ' ')}`}`;
}

function findingText(finding: EventFinding): string {
  const { entity, count, maxScore, direction, role, position, path, alternatives, fingerprints } = finding;
  const others = alternatives.length === 0 ? '' : `, or ${alternatives.map((one) => one.entity).join(', ')}`;
  const prints = fingerprints.length === 0 ? '' : `, fingerprints ${fingerprints.join(' ')}`;
  return `${entity} ${count} at ${path} (${direction}, ${role}, ${position}), score ${maxScore}${others}${prints}`;
}

function decisionText(decision: WeirEvent['decisions'][number]): string {
  const { direction, action, mode, policy, rule, explanation } = decision;
  const by = policy === null ? '' : ` by ${policy}/${rule ?? '-'}`;
  const why = explanation.length === 0 ? '' : `: ${explanation.join('; ')}`;
  return `${direction}: ${action}${by} (${mode})${why}`;
}
