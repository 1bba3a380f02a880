/** What lies at the side of a page and tells more of what was pressed. Escape closes it; what was pressed has the focus again. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface DrawerProps {
  readonly title: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Drawer({ title, note, onClose, children }: DrawerProps) {
  const element = useRef<HTMLElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.focus();
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && document.querySelector('dialog[open], .menu-panel') === null) latest.current();
    };
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', press);
      if ((before instanceof HTMLElement || before instanceof SVGElement) && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside class="drawer" ref={element} tabIndex={-1} aria-labelledby={id}>
      <div class="drawer-head">
        <div>
          <h2 id={id}>{title}</h2>
          {note}
        </div>
        <button
          type="button"
          class="button"
          data-kind="quiet"
          data-size="icon"
          aria-label="Close"
          onClick={() => onClose()}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="drawer-body">{children}</div>
    </aside>
  );
}
