/**
 * What `onError` comes to where Weir itself has failed: each time it is counted, and what passes uninspected or
 * unrecorded is said loudly as well.
 */
import type { Account } from './account.ts';
import type { ExchangeContext } from './context.ts';
import type { FailedWhere } from './figures.ts';

type Context = Pick<ExchangeContext, 'log' | 'figures'>;

/** It passes, with an alert on its event. */
export function failOpen(account: Account, where: FailedWhere, text: string, { log, figures }: Context): void {
  log(`weir: passed on (onError: open), event ${account.id}: ${text}`);
  figures.failedOpen(where);
  account.failedOpen(text);
}

/** It is stopped: the caller answers. */
export function failClosed(account: Account, where: FailedWhere, text: string, { figures }: Context): void {
  figures.failedClosed(where);
  account.failedClosed(text);
}
