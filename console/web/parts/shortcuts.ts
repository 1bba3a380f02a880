/** Keys that do something wherever one is on a page, but not while one writes, nor under a dialog or an open menu. */
import { useEffect, useRef } from 'preact/hooks';

/** By `event.key`. */
export type Shortcuts = Readonly<Record<string, () => void>>;

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.shadowRoot !== null) return true;
  return target.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="range"])');
}

/** `isHeld` tells of a key that it must not act now. */
export function useShortcuts(shortcuts: Shortcuts, isHeld: (key: string) => boolean = () => false): void {
  const latest = useRef({ shortcuts, isHeld });
  latest.current = { shortcuts, isHeld };
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isWriting(event.target) || document.querySelector('dialog[open], .menu-panel') !== null) return;
      const run = latest.current.shortcuts[event.key];
      if (run === undefined || latest.current.isHeld(event.key)) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
