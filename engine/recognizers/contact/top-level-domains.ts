/**
 * Top-level domains under which mail is seen: those of the public suffix list's ICANN section (publicsuffix.org, kept by
 * tldts), those that documentation reserves (RFC 2606), and two that companies use within. Internationalised ones count
 * by their `xn--` prefix or by being written in another script.
 */
import { parse } from 'tldts';

const RESERVED: ReadonlySet<string> = new Set(['example', 'test', 'invalid', 'corp', 'home']);
const LABEL = { extractHostname: false, validateHostname: false } as const;
/** The list is asked once a label: a question takes a microsecond, and a text has the same few again and again. */
const asked = new Map<string, boolean>();
const MAX_ASKED = 4096;

/** The last label of a host, in either case. */
export function isTopLevelDomain(label: string): boolean {
  const lower = label.toLowerCase();
  if (RESERVED.has(lower) || /^xn--[a-z0-9-]{2,}$/.test(lower) || /^[^\x00-\x7f]{2,}$/.test(lower)) return true;
  const before = asked.get(lower);
  if (before !== undefined) return before;
  if (asked.size >= MAX_ASKED) asked.clear();
  const isListed = parse(`host.${lower}`, LABEL).isIcann === true;
  asked.set(lower, isListed);
  return isListed;
}
