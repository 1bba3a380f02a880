/** Small things to press: one of several, a text to copy. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { say } from './toasts.tsx';

interface SegmentedProps<K extends string> {
  readonly label: string;
  readonly options: readonly { readonly key: K; readonly label: ComponentChildren; readonly text?: string }[];
  readonly value: K;
  readonly onChoose: (key: K) => void;
}

/** One of a few, all of them shown. */
export function Segmented<K extends string>({ label, options, value, onChoose }: SegmentedProps<K>) {
  return (
    <fieldset class="segmented" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.key}
          aria-pressed={option.key === value}
          title={option.text}
          onClick={() => onChoose(option.key)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** Puts a text on the clipboard, or says that the browser does not let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    say('This browser does not let the page copy. Select the text and copy it yourself.', 'problem');
    return false;
  }
}

/** A command on one line, with a button that copies it. */
export function CopyField({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    if (!(await copyText(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div class="copy">
      <code>{text}</code>
      <button type="button" class="button" data-kind="quiet" aria-label={`Copy ${label}`} onClick={() => void copy()}>
        <Icon name={isCopied ? 'check' : 'copy'} />
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  );
}

interface DownloadProps {
  readonly name: string;
  readonly text: string;
  readonly children: ComponentChildren;
}

/** Hands out a text as a file, made in the browser. It is never opened here, whatever it is. */
export function handOut(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A button that hands out a text. */
export function Download({ name, text, children }: DownloadProps) {
  return (
    <button type="button" class="button" onClick={() => handOut(name, text)}>
      <Icon name="download" /> {children}
    </button>
  );
}
