/** What a part of a page shows when it has nothing to show: not yet, nothing there, or not possible and why. */
import type { ComponentChildren } from 'preact';
import type { ApiFailure } from '../state/api.ts';
import type { Loaded } from '../state/loaded.ts';
import { Icon, type IconName } from './icon.tsx';

const WIDTHS = ['88%', '72%', '80%', '54%', '66%', '76%', '48%', '60%'];

/** Lines in place of those to come. Readers hear one word. */
export function Bones({ lines = 5 }: { readonly lines?: number }) {
  return (
    <div class="bones" role="status">
      <span class="unseen">Loading</span>
      {WIDTHS.slice(0, lines).map((width) => (
        <span key={width} style={{ width }} aria-hidden="true" />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Nothing is there, and what that means. */
export function Empty({ icon = 'check', title, children }: EmptyProps) {
  return (
    <div class="state">
      <Icon name={icon} />
      <h3>{title}</h3>
      {children}
    </div>
  );
}

interface ProblemProps {
  readonly tone?: 'block' | 'alert' | 'accent';
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** A sentence that must not be overlooked. */
export function Problem({ tone = 'block', title, children }: ProblemProps) {
  return (
    <div class="problem" data-tone={tone} role={tone === 'block' ? 'alert' : 'note'}>
      <Icon name={tone === 'accent' ? 'info' : 'warning'} />
      <div>
        <h3>{title}</h3>
        {children}
      </div>
    </div>
  );
}

/** Why something could not be had, and the way to ask again. */
export function Failure({ failure, retry }: { readonly failure: ApiFailure; readonly retry?: () => void }) {
  return (
    <div class="state" role="alert">
      <Icon name="warning" />
      <h3>{failure.status === 0 ? 'Weir does not answer' : 'This could not be loaded'}</h3>
      <p>{failure.message}</p>
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          <Icon name="refresh" /> Try again
        </button>
      )}
    </div>
  );
}

interface LoadedProps<T> {
  readonly of: Loaded<T>;
  readonly lines?: number;
  readonly children: (data: T) => ComponentChildren;
}

/** The data once it is there; what was there before stays until then. */
export function Shown<T>({ of, lines = 5, children }: LoadedProps<T>) {
  if (of.data !== null) {
    return (
      <>
        {of.failure !== null && (
          <Problem tone="alert" title="What you see may be old">
            <p>{of.failure.message}</p>
          </Problem>
        )}
        {children(of.data)}
      </>
    );
  }
  if (of.failure !== null) return <Failure failure={of.failure} retry={of.reload} />;
  return <Bones lines={lines} />;
}
