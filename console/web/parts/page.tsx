/** What every page begins with: its name, what it can be asked, and whether it is up to date. */
import type { ComponentChildren } from 'preact';
import { connection } from '../state/live.ts';
import { chosenRange, chosenRangeOrAll, RANGES } from '../state/range.ts';
import { change } from '../state/route.ts';
import { Segmented } from './controls.tsx';

const LIVE = { opening: 'Connecting', open: 'Live', lost: 'Reconnecting' } as const;

/** Whether new events come by themselves. */
function LiveMark() {
  const state = connection.value;
  return (
    <span class="live" data-state={state} title={state === 'open' ? 'New events appear by themselves' : undefined}>
      {LIVE[state]}
    </span>
  );
}

interface PageProps {
  readonly title: string;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Page({ title, tools, children }: PageProps) {
  return (
    <>
      <header class="head">
        <h1>{title}</h1>
        <LiveMark />
        {tools !== undefined && <div class="head-tools">{tools}</div>}
      </header>
      <main class="page">{children}</main>
    </>
  );
}

/** The same with all that is kept, which is shown unless a range is chosen. */
export function RangeOrAllChoice() {
  return (
    <Segmented
      label="Time shown"
      options={[
        ...RANGES.map(({ key, label, text }) => ({ key, label, text })),
        { key: 'all', label: 'All', text: 'all that is kept' },
      ]}
      value={chosenRangeOrAll()?.key ?? 'all'}
      onChoose={(range) => change({ range: range === 'all' ? null : range }, 'push')}
    />
  );
}

/** The range of time that the page shows, kept in the address. */
export function RangeChoice() {
  return (
    <Segmented
      label="Time shown"
      options={RANGES.map(({ key, label, text }) => ({ key, label, text }))}
      value={chosenRange().key}
      onChoose={(range) => change({ range: range === '24h' ? null : range }, 'push')}
    />
  );
}
