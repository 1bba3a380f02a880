/** Short sentences about what has just been done, at the edge of the page, heard by readers, gone after a while. */
import { signal } from '@preact/signals';
import { Icon } from './icon.tsx';

interface Toast {
  readonly key: number;
  readonly text: string;
  readonly tone: 'done' | 'problem';
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Shows one for eight seconds; with something to press, for longer. */
export function say(text: string, tone: Toast['tone'] = 'done', action: Toast['action'] = null): void {
  last += 1;
  const key = last;
  toasts.value = [...toasts.value.slice(-2), { key, text, tone, action }];
  setTimeout(() => dismiss(key), action === null ? 8000 : 15_000);
}

function dismiss(key: number): void {
  toasts.value = toasts.value.filter((toast) => toast.key !== key);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ key, text, tone, action }) => (
        <div class="toast" key={key}>
          <Icon name={tone === 'done' ? 'check' : 'warning'} />
          <span>{text}</span>
          {action !== null && (
            <button
              type="button"
              class="button"
              onClick={() => {
                action.run();
                dismiss(key);
              }}
            >
              {action.label}
            </button>
          )}
          <button
            type="button"
            class="button"
            data-kind="quiet"
            data-size="icon"
            aria-label="Dismiss"
            onClick={() => dismiss(key)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
