/**
 * Where the reader is: a path and its query, both in the address, so that each view is a link and Back works. Pages read
 * parameters here and write them here; nothing of a view is kept elsewhere.
 */
import { computed, signal } from '@preact/signals';

const at = signal(location.pathname + location.search);

addEventListener('popstate', () => {
  at.value = location.pathname + location.search;
});

/** `/map`, without a slash at its end. */
export const path = computed(() => at.value.split('?', 1)[0]?.replace(/(?<=.)\/+$/, '') ?? '/');

/** The query's parameters. */
export const query = computed(
  () => new URLSearchParams(at.value.includes('?') ? at.value.slice(at.value.indexOf('?')) : ''),
);

/** Goes to an address of this console. */
export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === at.value) return;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  at.value = address;
}

export type Changes = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** The present address with some parameters changed; null, false and an empty text or list take one away. */
export function addressWith(changes: Changes, path_ = path.value): string {
  const next = new URLSearchParams(query.value);
  for (const [key, value] of Object.entries(changes)) {
    next.delete(key);
    if (value === null || value === false || value === '') continue;
    const texts = Array.isArray(value) ? value.map(String) : [value === true ? '1' : String(value)];
    for (const text of texts) next.append(key, text);
  }
  const text = next.toString();
  return text === '' ? path_ : `${path_}?${text}`;
}

/** Changes parameters of the present view. */
export function change(changes: Changes, how: 'push' | 'replace' = 'replace'): void {
  go(addressWith(changes), how);
}

/** One parameter, or what holds without it. */
export function parameter(name: string, otherwise = ''): string {
  return query.value.get(name) ?? otherwise;
}

/** All values of a parameter. */
export function parameters(name: string): readonly string[] {
  return query.value.getAll(name);
}

/** A plain click on a link within the console turns the page without loading it anew. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    go(link.pathname + link.search);
    if (link.dataset['keepsPlace'] === undefined) scrollTo(0, 0);
  });
}

/** Those values of a parameter that are among the words it may have. */
export function chosen<const W extends string>(name: string, words: readonly W[]): readonly W[] {
  const given = parameters(name);
  return words.filter((word) => given.includes(word));
}
