/** `weir log`: the audit log. Everything but `review`, `allow` and `purge` only reads, beside a running proxy or without one. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'log',
  summary: 'reads, reviews, verifies and exports the audit log',
  usage: 'weir log list|show|review|allow|verify|export|purge',
  details: [
    'Every exchange ends in exactly one event: who sent what to whom, what was found, what was done. Events',
    'hold no value that was found, only its kind, place, count and a keyed fingerprint.',
  ].join('\n'),
  example: ['weir log list --action block --since 24h', 'weir log show 01JABC', 'weir log verify'].join('\n'),
  options: {},
  subcommands: [
    { name: 'list', summary: 'events that match', load: () => import('./log/list.ts') },
    { name: 'show', summary: 'one event whole', load: () => import('./log/show.ts') },
    { name: 'review', summary: 'sets the review state of an event', load: () => import('./log/review.ts') },
    {
      name: 'allow',
      summary: 'lets what was stopped through for a while',
      load: () => import('./log/allow.ts'),
    },
    { name: 'verify', summary: 'checks that no record was changed or removed', load: () => import('./log/verify.ts') },
    { name: 'export', summary: 'events as NDJSON, CSV or OCSF', load: () => import('./log/export.ts') },
    { name: 'purge', summary: 'clears what leads to a person', load: () => import('./log/purge.ts') },
  ],
  async run() {
    throw new UsageError('needs one of list, show, review, allow, verify, export, purge');
  },
};
