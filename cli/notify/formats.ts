/** A message in the form that its receiver takes: JSON, Slack's, RFC 5424. What came from outside is escaped for each. */
import { createHmac } from 'node:crypto';
import type { Severity } from '../../flow/decision.ts';
import type { Notice } from './notices.ts';

/** Notices of one time, the gravest first; `times` how often each happened. */
export interface Message {
  readonly id: string;
  readonly time: string;
  readonly host: string;
  readonly items: readonly (Notice & { readonly times: number })[];
  /** Further ones that found no room. */
  readonly more: number;
}

/** `{"version":1,…}`, as docs/notify.md has it. */
export function webhookBody({ id, time, host, items, more }: Message): string {
  return JSON.stringify({ version: 1, id, time, host, items: items.map(({ group: _, ...item }) => item), more });
}

/** `t=UNIX,v1=HEX`: HMAC-SHA256 of `UNIX.BODY`, so that a receiver can refuse what is old. */
export function signature(secret: string, unixSeconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}

const SLACK_ITEMS = 10;
const SLACK_POLICY = 2500;

export function slackBody({ host, items, more }: Message): string {
  const lines = items.slice(0, SLACK_ITEMS).map((item) => {
    const times = item.times > 1 ? ` (${item.times} times)` : '';
    return `*${item.severity}* ${slackText(item.text)}${times}\n    ${slackText(item.remedy)}\n    \`${slackText(item.command)}\``;
  });
  const left = Math.max(0, items.length - SLACK_ITEMS) + more;
  if (left > 0) lines.push(`and ${left} more`);
  const policy = items[0]?.policy ?? null;
  const rule = policy === null || policy.length > SLACK_POLICY ? '' : `\n\`\`\`${slackText(policy)}\`\`\``;
  return JSON.stringify({
    text: `Weir on ${slackText(host)}\n${lines.join('\n')}${rule}`,
    unfurl_links: false,
    unfurl_media: false,
  });
}

/** Slack's three characters, and the back-quote that would end a piece of code. */
function slackText(text: string): string {
  return oneLine(text, true)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'");
}

/** Without characters that a terminal or a log would act upon. */
function oneLine(text: string, keepsLines = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    keepsLines && character === '\n' ? '\n' : '·',
  );
}

/** Log audit (13), as RFC 5424 §6.2.1 numbers it. */
const FACILITY = 13;
const LEVEL: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 };
const MAX_TEXT = 1500;

/** A line an item, RFC 5424 §6; 32473 is the number that RFC 5612 keeps for examples, there is none of Weir's own. */
export function syslogLines({ host, items }: Message, pid: number): readonly string[] {
  return items.map(({ id, kind, time, severity, text, source, destination, entities, remedy, command, times }) => {
    const fields = {
      id,
      kind,
      severity,
      source,
      destination,
      entities: entities.join(' '),
      times: String(times),
      do: remedy,
      suggest: command,
    };
    const data = Object.entries(fields)
      .map(
        ([name, value]) =>
          ` ${name}="${oneLine(value)
            .slice(0, 400)
            .replace(/[\\"\]]/g, (one) => `\\${one}`)}"`,
      )
      .join('');
    const name = /^[!-~]{1,255}$/.test(host) ? host : '-';
    const head = `<${FACILITY * 8 + LEVEL[severity]}>1 ${time} ${name} weir ${pid} ${kind}`;
    return `${head} [weir@32473${data}] \uFEFF${oneLine(text).slice(0, MAX_TEXT)}`;
  });
}

export function stdoutLines({ time, host, items }: Message): string {
  return items
    .map(
      ({ group: _, policy: __, id, kind, ...item }) =>
        `${JSON.stringify({ level: 'warn', notice: kind, event: id, at: time, host, ...item })}\n`,
    )
    .join('');
}
