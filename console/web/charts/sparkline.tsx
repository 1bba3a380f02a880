/** A line of a few points, as high as a word: the shape of a figure over time. It says nothing that the figure beside it does not. */
interface Props {
  readonly values: readonly number[];
  /** Any CSS colour. */
  readonly colour: string;
}

const WIDTH = 100;
const HEIGHT = 24;

export function Sparkline({ values, colour }: Props) {
  const most = Math.max(1, ...values);
  const step = values.length < 2 ? 0 : WIDTH / (values.length - 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - 1.5 - (value / most) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ color: colour }}
    >
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
