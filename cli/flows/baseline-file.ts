/** The file of allowed flows (`baseline:` of the configuration): its grammar, read with errors by line. */
import { readFileSync } from 'node:fs';
import { codeOf } from '../../config/values.ts';
import { type Problem, problemText, readDocument } from '../../engine/decide/checked-yaml.ts';
import { ENTITY_NAME } from '../../engine/decide/grammar.ts';
import { as, checked, list, number, object, oneOf, optional, string } from '../../engine/decide/shapes.ts';
import { WeirError } from '../../flow/errors.ts';
import { ACCEPTABLE, type Baseline } from '../../map/baseline.ts';

/** Tens of thousands of flows. */
const LIMITS = { text: 16 * 1024 * 1024, nodes: 2_000_000 };
const MAX_FLOWS = 100_000;

const name = string({ maxLength: 1000 });

const range = as(
  checked(list(number({ min: 0 }), { min: 2, max: 2 }), ([from = 0, to = 0], report) => {
    if (from > to) report('expected [FROM, TO], the smaller one first');
  }),
  ([from = 0, to = 0]): readonly [number, number] => [from, to],
);

const day = string({
  expected: 'a day such as 2027-06-30, in quotes',
  check: (value) => (isDay(value) ? null : 'expected a day such as 2027-06-30, in quotes'),
});

/** A real day: Date.parse takes 31 February as 3 March. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(Date.parse(text)).toISOString().startsWith(text)
  );
}

const flow = object({
  source: name,
  destination: name,
  direction: oneOf(['out', 'in']),
  entities: optional(
    list(
      string({
        expected: 'an entity such as CREDIT_CARD, or "*"',
        check: (value) =>
          value === '*' || ENTITY_NAME.test(value) ? null : 'expected an entity such as CREDIT_CARD, or "*"',
      }),
    ),
    [],
  ),
  coverage: optional(oneOf(['full', 'truncated', 'opaque'])),
  country: optional(
    string({ expected: 'a country as two capital letters (ISO 3166-1), in quotes', pattern: /^[A-Z]{2}$/ }),
  ),
  callsPerDay: optional(range),
  bytesPerDay: optional(range),
  accepts: optional(list(oneOf(ACCEPTABLE)), []),
  owner: optional(string({ maxLength: 200 })),
  expires: optional(day),
  note: optional(string({ maxLength: 2000 })),
});

const shape = object({
  apiVersion: optional(oneOf(['weir/v1']), 'weir/v1'),
  kind: optional(oneOf(['Baseline']), 'Baseline'),
  flows: optional(list(flow, { max: MAX_FLOWS }), []),
});

/** `shown` is the name for messages. Throws WeirError `config_invalid`, a line a problem. */
export function readBaseline(file: string, shown: string = file): Baseline {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
    const problem: Problem = { file: shown, line: 1, column: 1, message: why };
    throw new WeirError('config_invalid', problemText(problem), { cause: error });
  }
  return parseBaseline(shown, text);
}

/** As `readBaseline`, of text. */
export function parseBaseline(shown: string, text: string): Baseline {
  const read = readDocument(shown, text, shape, LIMITS);
  if (read.value === null) throw new WeirError('config_invalid', read.problems.map(problemText).join('\n'));
  return { flows: read.value.flows };
}
