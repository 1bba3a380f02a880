/**
 * The field of the search language, with what can come next: keys, and the values of a key. What is written takes effect
 * after a short rest, or at once with Enter.
 */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Vocabulary } from '../../api/shapes.ts';
import { change, parameter } from '../state/route.ts';
import { Icon } from './icon.tsx';

interface SearchProps {
  readonly label: string;
  readonly placeholder: string;
  /** What of it the server did not understand. */
  readonly problem: string | null;
  readonly vocabulary: Vocabulary | null;
}

interface Offer {
  /** What takes the place of the last word. */
  readonly text: string;
  readonly note: string;
}

const REST_MS = 350;
const MOST_OFFERS = 8;

/** The last word, which is the one that is being written. */
function lastWord(text: string): string {
  return /(?:-?[a-z]+[:<>=]+"[^"]*|[^\s"]*)$/i.exec(text)?.[0] ?? '';
}

function valuesOf(
  key: string,
  { entities, apps, owners, vendors, hosts, policies, keys }: Vocabulary,
): readonly string[] {
  switch (key) {
    case 'class':
    case 'entity':
      return entities.map(({ entity }) => entity);
    case 'app':
    case 'source':
      return apps;
    case 'owner':
      return [...owners, ...(keys.find((one) => one.key === key)?.values ?? [])];
    case 'vendor':
      return vendors;
    case 'to':
      return [...vendors, ...hosts];
    case 'host':
      return hosts;
    case 'policy':
      return policies.map(({ name }) => name);
    default:
      return keys.find((one) => one.key === key)?.values ?? [];
  }
}

/** What can stand where the last word is. */
export function offersFor(text: string, vocabulary: Vocabulary): readonly Offer[] {
  const word = lastWord(text);
  const [, minus = '', key, begun = ''] = /^(-?)([a-z]+):"?(.*)$/i.exec(word) ?? [];
  if (key !== undefined) {
    return valuesOf(key.toLowerCase(), vocabulary)
      .filter((value) => value.toLowerCase().includes(begun.toLowerCase()) && value !== begun)
      .slice(0, MOST_OFFERS)
      .map((value) => ({
        text: `${minus}${key}:${/[\s,"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value}`,
        note: '',
      }));
  }
  const start = word.replace(/^-/, '').toLowerCase();
  return vocabulary.keys
    .filter((one) => start === '' || one.key.startsWith(start))
    .slice(0, start === '' ? 24 : MOST_OFFERS)
    .map((one) => ({ text: `${word.startsWith('-') ? '-' : ''}${one.key}:`, note: one.text }));
}

export function SearchField({ label, placeholder, problem, vocabulary }: SearchProps) {
  const inAddress = parameter('q');
  const [text, setText] = useState(inAddress);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  // Back and links change the address; while one writes, the field leads.
  useEffect(() => {
    if (document.activeElement !== field.current) setText(inAddress);
  }, [inAddress]);
  useEffect(() => {
    if (text.trim() === inAddress) return;
    const timer = setTimeout(() => change({ q: text.trim() }), REST_MS);
    return () => clearTimeout(timer);
  }, [text, inAddress]);
  const offers = isOpen && vocabulary !== null ? offersFor(text, vocabulary) : [];
  const take = ({ text: offered }: Offer): void => {
    const word = lastWord(text);
    setText(`${text.slice(0, text.length - word.length)}${offered}${offered.endsWith(':') ? '' : ' '}`);
    setAt(-1);
    field.current?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    const chosen = offers[at];
    if (event.key === 'Enter') {
      if (chosen !== undefined) take(chosen);
      else change({ q: text.trim() }, 'push');
    } else if (event.key === 'Tab' && chosen !== undefined) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === 'Escape') {
      if (offers.length > 0) setOpen(false);
      else field.current?.blur();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setAt(Math.max(-1, Math.min(offers.length - 1, at + by)));
    }
  };
  const combobox = {
    role: 'combobox',
    list: undefined,
    'aria-label': label,
    'aria-autocomplete': 'list',
    'aria-expanded': offers.length > 0,
    'aria-controls': `${id}-offers`,
    'aria-activedescendant': at >= 0 && offers.length > 0 ? `${id}-${at}` : undefined,
  } as const;
  return (
    <search class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        ref={field}
        data-search
        {...combobox}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setOpen(true);
          setAt(-1);
        }}
        onKeyDown={press}
      />
      <div
        class="offers"
        role="listbox"
        id={`${id}-offers`}
        aria-label="What can come next"
        data-open={offers.length > 0}
      >
        {offers.map((offer, i) => (
          // Chosen with the arrows of the field, which keeps the focus.
          <div
            class="offer"
            key={offer.text}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onMouseDown={(event) => {
              event.preventDefault();
              take(offer);
            }}
          >
            <code>{offer.text}</code> <span class="muted small">{offer.note}</span>
          </div>
        ))}
      </div>
      {problem !== null && (
        <p class="search-problem" id={`${id}-problem`} role="status">
          {problem}
        </p>
      )}
    </search>
  );
}

/** Puts the cursor into the page's search field. */
export function focusSearch(): void {
  document.querySelector<HTMLInputElement>('[data-search]')?.focus();
}
