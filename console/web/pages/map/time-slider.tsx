/** The time that the map is of: all that is kept, drawn small, with a handle at either end. */
import { useEffect, useState } from 'preact/hooks';
import type { FlowMap } from '../../../api/shapes.ts';
import { counted, day, minute } from '../../parts/format.ts';
import { change, parameter } from '../../state/route.ts';

const REST_MS = 300;

interface Props {
  readonly history: FlowMap['history'];
  readonly stepMs: number;
}

/** By the hour where buckets are shorter than a day. */
function told(start: string | undefined, stepMs: number): string {
  if (start === undefined) return '';
  return stepMs < 86_400_000 ? minute(Date.parse(start)) : day(start);
}

/** Index of the bucket that a moment lies in. */
function bucketOf(history: Props['history'], time: string, otherwise: number): number {
  if (time === '') return otherwise;
  const at = Date.parse(time);
  const index = history.findLastIndex(({ start }) => Date.parse(start) <= at);
  return index < 0 ? 0 : index;
}

export function TimeSlider({ history, stepMs }: Props) {
  const last = history.length - 1;
  const fromAddress = bucketOf(history, parameter('from'), 0);
  const toAddress = parameter('to') === '' ? last : Math.max(0, bucketOf(history, parameter('to'), last) - 1);
  const [from, setFrom] = useState(fromAddress);
  const [to, setTo] = useState(toAddress);
  useEffect(() => {
    setFrom(fromAddress);
    setTo(toAddress);
  }, [fromAddress, toAddress]);
  useEffect(() => {
    if (from === fromAddress && to === toAddress) return;
    const timer = setTimeout(() => {
      const end = Date.parse(history[to]?.start ?? '') + stepMs;
      change({
        from: from === 0 ? null : (history[from]?.start ?? null),
        to: to === last ? null : new Date(end).toISOString(),
      });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [from, to, fromAddress, toAddress, history, last, stepMs]);
  if (history.length < 2) return null;
  const most = Math.max(1, ...history.map(({ calls }) => calls));
  const isAll = from === 0 && to === last;
  const newEdges = history.slice(from, to + 1).reduce((sum, bucket) => sum + bucket.newEdges, 0);
  const firstDay = told(history[from]?.start, stepMs);
  const lastDay = told(history[to]?.start, stepMs);
  return (
    <section class="card slider" aria-label="Time of the map">
      <div class="slider-head">
        <span>
          {firstDay} to {lastDay} <span class="muted">· {counted(newEdges, 'flow')} seen first then</span>
        </span>
        {!isAll && (
          <button type="button" class="button" data-kind="quiet" onClick={() => change({ from: null, to: null })}>
            All time
          </button>
        )}
      </div>
      <div class="slider-track">
        <svg viewBox={`0 0 ${history.length} 20`} preserveAspectRatio="none" aria-hidden="true">
          {history.map(({ start, calls, newEdges: news }, i) => (
            <g key={start} class="slider-bucket" data-out={i < from || i > to}>
              <rect x={i + 0.1} y={20 - (16 * calls) / most} width={0.8} height={(16 * calls) / most} />
              {news > 0 && <rect class="slider-new" x={i + 0.2} y={0} width={0.6} height={2} />}
            </g>
          ))}
        </svg>
        <input
          type="range"
          aria-label="From"
          aria-valuetext={firstDay}
          min={0}
          max={last}
          value={from}
          onInput={(event) => setFrom(Math.min(Number(event.currentTarget.value), to))}
        />
        <input
          type="range"
          aria-label="To"
          aria-valuetext={lastDay}
          min={0}
          max={last}
          value={to}
          onInput={(event) => setTo(Math.max(Number(event.currentTarget.value), from))}
        />
      </div>
    </section>
  );
}
