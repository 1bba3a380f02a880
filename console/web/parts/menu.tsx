/** A filter: a button that tells what is chosen, and a list of what can be, several at once. Kept in the address. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { change, parameters } from '../state/route.ts';
import { count } from './format.ts';
import { Icon } from './icon.tsx';

export interface Choice {
  readonly value: string;
  readonly label?: string;
  readonly count?: number | null;
}

interface FilterProps {
  /** Name of the parameter. */
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
}

interface BarProps {
  readonly search: ComponentChildren;
  /** Whether any of them is set: told on a phone, where they are put away. */
  readonly isNarrowed: boolean;
  readonly children: ComponentChildren;
}

/** The search and the filters under it; on a phone the filters come out when asked for. */
export function FilterBar({ search, isNarrowed, children }: BarProps) {
  const [isOut, setOut] = useState(false);
  return (
    <div class="filters" data-out={isOut}>
      <div class="filters-first">
        {search}
        <button type="button" class="button filters-toggle" aria-expanded={isOut} onClick={() => setOut(!isOut)}>
          <Icon name="filter" /> Filters{isNarrowed ? ' on' : ''}
        </button>
      </div>
      <div class="toolbar filters-rest">{children}</div>
    </div>
  );
}

const MANY = 9;

/** Of those chosen and those offered each once; a chosen one that is offered no more stays, so that it can be taken out. */
function withChosen(choices: readonly Choice[], chosen: readonly string[]): readonly Choice[] {
  const missing = chosen.filter((value) => !choices.some((choice) => choice.value === value));
  return [...missing.map((value) => ({ value, count: 0 })), ...choices];
}

export function FilterMenu({ name, label, choices }: FilterProps) {
  const chosen = parameters(name);
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState('');
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    place.current?.querySelector<HTMLInputElement>('.menu-panel input')?.focus();
    const away = (event: Event): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) === false) setOpen(false);
    };
    addEventListener('pointerdown', away);
    addEventListener('focusin', away);
    return () => {
      removeEventListener('pointerdown', away);
      removeEventListener('focusin', away);
    };
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const toggle = (value: string, isOn: boolean): void =>
    change({ [name]: isOn ? [...chosen, value] : chosen.filter((one) => one !== value) });
  const all = withChosen(choices, chosen);
  const shown = all.filter((choice) => (choice.label ?? choice.value).toLowerCase().includes(text.toLowerCase()));
  const [first] = chosen;
  const told = first === undefined ? null : (all.find(({ value }) => value === first)?.label ?? first);
  return (
    <div class="menu" ref={place}>
      <button
        type="button"
        class="button"
        ref={button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        data-chosen={chosen.length > 0}
        onClick={() => {
          setText('');
          setOpen(!isOpen);
        }}
      >
        {label}
        {told !== null && (
          <b class="one-line menu-told">
            {told}
            {chosen.length > 1 ? ` +${chosen.length - 1}` : ''}
          </b>
        )}
        <Icon name="down" />
      </button>
      {isOpen && (
        <fieldset
          class="menu-panel"
          id={id}
          aria-label={label}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            close();
          }}
        >
          {all.length > MANY && (
            <input
              class="input"
              type="search"
              aria-label={`Find in ${label}`}
              placeholder="Find"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
          {shown.slice(0, 200).map((choice) => (
            <label class="choice" key={choice.value}>
              <input
                type="checkbox"
                checked={chosen.includes(choice.value)}
                onChange={(event) => toggle(choice.value, event.currentTarget.checked)}
              />
              <span class="one-line">{choice.label ?? choice.value}</span>
              {choice.count != null && <span class="number">{count(choice.count)}</span>}
            </label>
          ))}
          {shown.length === 0 && <p class="faint menu-none">nothing to choose</p>}
          {chosen.length > 0 && (
            <button type="button" class="button" data-kind="quiet" onClick={() => change({ [name]: null })}>
              Clear
            </button>
          )}
        </fieldset>
      )}
    </div>
  );
}
