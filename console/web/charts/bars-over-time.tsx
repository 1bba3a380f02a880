/**
 * Bars over time, several kinds on top of one another. Drawn by uPlot on canvas; what it shows stands as a table behind it,
 * for readers of a screen and for whoever wants the figures.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { count, minute, onAxis } from '../parts/format.ts';
import { repaint } from '../state/theme.ts';
import { colourOf } from './colours.ts';

export interface BarSeries {
  readonly name: string;
  /** Custom property of its colour. */
  readonly colour: string;
  readonly values: readonly number[];
}

interface Props {
  readonly label: string;
  /** Beginnings of the buckets, ms. */
  readonly starts: readonly number[];
  readonly stepMs: number;
  /** The first stands at the bottom. */
  readonly series: readonly BarSeries[];
  readonly height?: number;
}

interface Pointed {
  readonly index: number;
  readonly left: number;
}

/** Each series on top of those before it: the last is drawn first and is the highest. */
function stacked(series: readonly BarSeries[], length: number): readonly (readonly number[])[] {
  const sums = Array.from({ length }, () => 0);
  return series.map(({ values }) =>
    sums.map((sum, i) => {
      const top = sum + (values[i] ?? 0);
      sums[i] = top;
      return top;
    }),
  );
}

export function BarsOverTime({ label, starts, stepMs, series, height = 200 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const paint = repaint.value;

  useEffect(() => {
    const element = place.current;
    if (element === null || paint < 0) return;
    const tops = stacked(series, starts.length).toReversed();
    // Bars begin at their bucket's start: the scale ends where the last one does.
    const data = [starts.map((start) => start / 1000), ...tops.map((top) => [...top])];
    const axis = {
      stroke: colourOf('--text-3'),
      font: '11px "Liberation Sans", system-ui, sans-serif',
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
    };
    const bars = uPlot.paths.bars?.({ size: [0.78, 28], align: 1, radius: 0.12 });
    const options: uPlot.Options = {
      width: Math.max(160, element.clientWidth),
      height,
      padding: [10, 10, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: [(starts[0] ?? 0) / 1000, ((starts.at(-1) ?? 0) + stepMs) / 1000] },
        y: { range: (_, __, max) => [0, Math.max(4, max * 1.08)] },
      },
      axes: [
        {
          ...axis,
          size: 32,
          grid: { show: false },
          space: 90,
          values: (_, splits) => splits.map((split) => onAxis(split * 1000, stepMs)),
        },
        {
          ...axis,
          size: 44,
          space: 40,
          values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? count(split) : '')),
        },
      ],
      series: [
        {},
        ...series.toReversed().map(({ name, colour }) => ({
          label: name,
          fill: colourOf(colour),
          stroke: colourOf(colour),
          width: 0,
          points: { show: false },
          ...(bars === undefined ? {} : { paths: bars }),
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            const { idx, left } = cursor;
            setPointed(idx == null || left == null || left < 0 ? null : { index: idx, left });
          },
        ],
      },
    };
    const chart = new uPlot(options, data as unknown as uPlot.AlignedData, element);
    const watch = new ResizeObserver(() => chart.setSize({ width: Math.max(160, element.clientWidth), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [starts, stepMs, series, height, paint]);

  const total = series.map(({ name, values }) => `${count(values.reduce((a, b) => a + b, 0))} ${name}`).join(', ');
  return (
    <figure>
      {series.length > 1 && (
        <div class="legend" aria-hidden="true">
          {series.map(({ name, colour }) => (
            <span class="legend-item" key={name} style={{ '--tone': `var(${colour})` }}>
              {name}
            </span>
          ))}
        </div>
      )}
      <div class="chart" style={{ minHeight: `${height}px` }}>
        <div ref={place} role="img" aria-label={`${label}: ${total}`} />
        {pointed !== null && <Tip starts={starts} series={series} pointed={pointed} />}
      </div>
      <details class="figures">
        <summary>Figures</summary>
        <div class="figures-table">
          <table class="table">
            <caption class="unseen">{label}</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {series.map(({ name }) => (
                  <th scope="col" class="number" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {starts.map((start, i) =>
                series.some(({ values }) => (values[i] ?? 0) > 0) ? (
                  <tr key={start}>
                    <th scope="row">{minute(start)}</th>
                    {series.map(({ name, values }) => (
                      <td class="number" key={name}>
                        {count(values[i] ?? 0)}
                      </td>
                    ))}
                  </tr>
                ) : null,
              )}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

interface TipProps {
  readonly starts: readonly number[];
  readonly series: readonly BarSeries[];
  readonly pointed: Pointed;
}

function Tip({ starts, series, pointed: { index, left } }: TipProps) {
  const start = starts[index];
  if (start === undefined) return null;
  const side = left > 260 ? { right: `calc(100% - ${left + 36}px)` } : { left: `${left + 60}px` };
  return (
    <div class="tip" style={side} aria-hidden="true">
      <div class="faint">{minute(start)}</div>
      {series.toReversed().map(({ name, colour, values }) => (
        <div class="legend-item" key={name} style={{ '--tone': `var(${colour})` }}>
          {name} <b>{count(values[index] ?? 0)}</b>
        </div>
      ))}
    </div>
  );
}
