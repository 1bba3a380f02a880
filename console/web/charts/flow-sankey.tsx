/**
 * The map as ribbons. Every mark can be reached with the keyboard and tells a reader of a screen what passes through it; what
 * is pointed at, or chosen, keeps its colour along the whole of its paths.
 */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { FlowMap } from '../../api/shapes.ts';
import { count, counted } from '../parts/format.ts';
import { dataTone } from '../parts/words.tsx';
import { type Column, layoutOf, type PlacedMark, type Ribbon, type Strand } from './sankey.ts';

interface Props {
  readonly map: FlowMap;
  /** Id of the mark or ribbon that is chosen. */
  readonly chosen: string | null;
  readonly onMark: (mark: PlacedMark, strands: readonly Strand[]) => void;
  readonly onRibbon: (ribbon: Ribbon) => void;
}

const HEADS: readonly { readonly column: Column; readonly text: string }[] = [
  { column: 'from', text: 'Sources' },
  { column: 'class', text: 'Data' },
  { column: 'to', text: 'Destinations' },
];

/** From so many flows on there are fewer classes, so that what is drawn can still be followed. */
const MANY_EDGES = 400;

function useWidth(): { readonly ref: (element: HTMLDivElement | null) => void; readonly width: number } {
  const [width, setWidth] = useState(0);
  const watch = useRef<ResizeObserver | null>(null);
  const ref = useRef((element: HTMLDivElement | null) => {
    watch.current?.disconnect();
    if (element === null) return;
    watch.current = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    watch.current.observe(element);
  }).current;
  return { ref, width };
}

/**
 * Ribbons answer to a pointer alone: with the keyboard their flows are reached from either mark, and in the table. One
 * listener for all of them.
 */
function usePointed(onPoint: (id: string | null) => void, onChoose: (id: string) => void) {
  const latest = useRef({ onPoint, onChoose });
  latest.current = { onPoint, onChoose };
  const stop = useRef<AbortController | null>(null);
  return useRef((element: HTMLDivElement | null) => {
    stop.current?.abort();
    if (element === null) return;
    stop.current = new AbortController();
    const { signal } = stop.current;
    const ribbonOf = ({ target }: Event): string | null =>
      target instanceof SVGElement ? (target.dataset['ribbon'] ?? null) : null;
    element.addEventListener(
      'pointerover',
      (event) => {
        if (event.target instanceof SVGElement) latest.current.onPoint(ribbonOf(event));
      },
      { signal },
    );
    element.addEventListener('pointerleave', () => latest.current.onPoint(null), { signal });
    element.addEventListener(
      'click',
      (event) => {
        const id = ribbonOf(event);
        if (id !== null) latest.current.onChoose(id);
      },
      { signal },
    );
  }).current;
}

/** Those strands that pass through a mark, or lie in a ribbon. */
function strandsThrough(id: string, ribbons: readonly Ribbon[]): ReadonlySet<Strand> {
  const found = new Set<Strand>();
  for (const ribbon of ribbons) {
    if (ribbon.id !== id && ribbon.source !== id && ribbon.target !== id) continue;
    for (const strand of ribbon.strands) found.add(strand);
  }
  return found;
}

/** What a reader of a screen hears of a mark behind its name. */
function spoken({ column }: PlacedMark, strands: ReadonlySet<Strand>): string {
  const found = [...strands].reduce((sum, strand) => sum + strand.count, 0);
  const others = new Set([...strands].map((strand) => (column === 'to' ? strand.from : strand.to)));
  return `: ${counted(found, 'finding')}, ${counted(others.size, column === 'to' ? 'source' : 'destination')}`;
}

export function FlowSankey({ map, chosen, onMark, onRibbon }: Props) {
  const { ref, width } = useWidth();
  const [pointed, setPointed] = useState<string | null>(null);
  const isNarrow = width < 620;
  const gutter = isNarrow ? 86 : Math.min(230, Math.round(width * 0.2));
  const layout = useMemo(
    () =>
      width === 0
        ? null
        : layoutOf(map, {
            width,
            gutter,
            mostClasses: isNarrow ? 8 : map.total.edges > MANY_EDGES ? 9 : 12,
            toneOf: dataTone,
          }),
    [map, width, gutter, isNarrow],
  );
  const stage = usePointed(setPointed, (id) => {
    const ribbon = layout?.ribbons.find((one) => one.id === id);
    if (ribbon !== undefined) onRibbon(ribbon);
  });
  const focus = pointed ?? chosen;
  const lit = useMemo(
    () => (layout === null || focus === null ? null : strandsThrough(focus, layout.ribbons)),
    [layout, focus],
  );
  const litMarks = useMemo(
    () => (lit === null ? null : new Set([...lit].flatMap((strand) => [strand.from, strand.class, strand.to]))),
    [lit],
  );
  return (
    <div class="sankey" ref={ref} data-dense={(layout?.ribbons.length ?? 0) > 110} data-narrow={isNarrow}>
      {layout !== null && (
        <>
          <div class="sankey-heads" aria-hidden="true">
            {HEADS.map(({ column, text }) => (
              <span key={column}>{text}</span>
            ))}
          </div>
          <div class="sankey-stage" ref={stage} style={{ height: `${layout.height}px` }}>
            <svg width={width} height={layout.height} viewBox={`0 0 ${width} ${layout.height}`} aria-hidden="true">
              <g fill="none">
                {layout.ribbons.map((ribbon) => (
                  <path
                    key={ribbon.id}
                    class="ribbon"
                    d={ribbon.path}
                    style={{ stroke: ribbon.tone, strokeWidth: `${ribbon.width}px` }}
                    data-ribbon={ribbon.id}
                    data-lit={lit === null ? undefined : ribbon.strands.some((strand) => lit.has(strand))}
                    data-chosen={ribbon.id === chosen}
                  />
                ))}
              </g>
              {layout.marks.map(({ id, x, y, width: wide, height, tone, node }) => (
                <rect
                  key={id}
                  class="mark-bar"
                  x={x}
                  y={y}
                  width={wide}
                  height={height}
                  rx="2.5"
                  data-lit={litMarks === null ? undefined : litMarks.has(id)}
                  data-unsanctioned={node?.side === 'destination' && node.sanctioned === false}
                  style={tone === null ? undefined : { fill: tone }}
                />
              ))}
            </svg>
            {HEADS.map(({ column, text }) => (
              <ul key={column} aria-label={text}>
                {layout.marks
                  .filter((mark) => mark.column === column)
                  .map((mark) => {
                    const through = strandsThrough(mark.id, layout.ribbons);
                    return (
                      <MarkButton
                        key={mark.id}
                        mark={mark}
                        label={spoken(mark, through)}
                        room={column === 'class' ? Math.min(190, (width - 2 * gutter) / 2 - 26) : gutter - 14}
                        stage={width}
                        isLit={litMarks === null ? null : litMarks.has(mark.id)}
                        isChosen={mark.id === chosen}
                        onPoint={setPointed}
                        onChoose={() => onMark(mark, [...through])}
                      />
                    );
                  })}
              </ul>
            ))}
          </div>
        </>
      )}
    </div>
  );
}

interface MarkProps {
  readonly mark: PlacedMark;
  readonly label: string;
  /** Width that its label may take, px. */
  readonly room: number;
  readonly stage: number;
  readonly isLit: boolean | null;
  readonly isChosen: boolean;
  readonly onPoint: (id: string | null) => void;
  readonly onChoose: () => void;
}

function MarkButton({ mark, label, room, stage, isLit, isChosen, onPoint, onChoose }: MarkProps) {
  const { x, y, width, height, column, node } = mark;
  const side = column === 'from' ? { right: `${stage - x - width - 4}px` } : { left: `${x - 4}px` };
  return (
    <li>
      <button
        type="button"
        class="mark"
        style={{ ...side, top: `${y + height / 2}px`, maxWidth: `${room + width + 8}px` }}
        aria-pressed={isChosen}
        data-column={column}
        data-lit={isLit ?? undefined}
        title={`${mark.label}${mark.note === '' ? '' : `\n${mark.note}`}${node === null ? '' : `\n${count(node.calls)} calls`}`}
        onPointerEnter={() => onPoint(mark.id)}
        onPointerLeave={() => onPoint(null)}
        onFocus={() => onPoint(mark.id)}
        onBlur={() => onPoint(null)}
        onClick={onChoose}
      >
        <span class="mark-label one-line">
          {mark.label}
          {node?.isNew === true && <span class="mark-new"> new</span>}
        </span>
        {mark.note !== '' && <span class="mark-note one-line">{mark.note}</span>}
        <span class="unseen">{label}</span>
      </button>
    </li>
  );
}
