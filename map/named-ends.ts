/** Places of the map by the names that people have for them. */
import type { MapEnd } from './ends.ts';

/**
 * A test for one name, in any case of letters, in which `*` is any characters: an app, a store, a host, `host:port`, a
 * vendor, or the label that the map shows.
 */
export function endMatcher(name: string): (end: MapEnd) => boolean {
  const matches = nameMatcher(name);
  return (end) => namesOf(end).some(matches);
}

/** All names of an end. */
export function namesOf(end: MapEnd): readonly string[] {
  if (end.type === 'workload') return end.app === null ? [end.label] : [end.label, end.app];
  const { label, host, port, vendor, store, app } = end;
  const address = host === null || port === null ? null : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [label, host, address, vendor, store, app].filter((one) => one !== null);
}

/** In any case of letters; `*` is any run of characters. Takes time linear in the text for each part of the glob. */
export function nameMatcher(glob: string): (text: string) => boolean {
  const parts = glob.toLowerCase().split(/\*+/);
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  if (tail === undefined) return (text) => text.toLowerCase() === head;
  return (text) => {
    const lower = text.toLowerCase();
    if (lower.length < head.length + tail.length || !lower.startsWith(head) || !lower.endsWith(tail)) return false;
    let at = head.length;
    for (const part of rest) {
      const found = lower.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= lower.length - tail.length;
  };
}
