/** Forms: application/x-www-form-urlencoded. Each value is text of the user's; names are read too where they are long. */
import { type Collector, validText } from './collector.ts';
import { pairsOf } from './head.ts';
import { decodePercent } from './percent.ts';
import { shownName } from './vocabulary.ts';
import { USER } from './zone.ts';

const MIN_NAME_BYTES = 6;

/** `unread` names a field that is the page's own credential, as a cookie is. */
export function collectForm(collector: Collector, body: Buffer, unread: string | null): void {
  for (const { name, start, end } of pairsOf(body, 0, body.length)) {
    if (collector.isOverfull) return;
    if (name === unread) continue;
    const path = `/form/${shownName(name)}`;
    const place = { part: { kind: 'body' }, path, zone: USER, nested: 0 } as const;
    const named = Buffer.from(name, 'utf8');
    if (named.length >= MIN_NAME_BYTES)
      collector.push(named, { ...place, path: '/form', label: null, layers: [] }, true);
    const text = validText(decodePercent(body.subarray(start, end), true));
    collector.text(text, { ...place, label: name || null, layers: [{ kind: 'percent', start, end, plus: true }] });
  }
}
