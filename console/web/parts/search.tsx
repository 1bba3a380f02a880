/** The field of the search language. What is written takes effect after a short rest, or at once with Enter. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { change, parameter } from '../state/route.ts';
import { Icon } from './icon.tsx';

interface SearchProps {
  readonly label: string;
  readonly placeholder: string;
  /** What of it the server did not understand. */
  readonly problem: string | null;
}

const REST_MS = 350;

export function SearchField({ label, placeholder, problem }: SearchProps) {
  const inAddress = parameter('q');
  const [text, setText] = useState(inAddress);
  const field = useRef<HTMLInputElement>(null);
  // Back and links change the address; while one writes, the field leads.
  useEffect(() => {
    if (document.activeElement !== field.current) setText(inAddress);
  }, [inAddress]);
  useEffect(() => {
    if (text === inAddress) return;
    const timer = setTimeout(() => change({ q: text.trim() }), REST_MS);
    return () => clearTimeout(timer);
  }, [text, inAddress]);
  return (
    <search class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        ref={field}
        data-search
        aria-label={label}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : 'search-problem'}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') change({ q: text.trim() }, 'push');
          if (event.key === 'Escape') field.current?.blur();
        }}
      />
      {problem !== null && (
        <p class="search-problem" id="search-problem" role="status">
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
