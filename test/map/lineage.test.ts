import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '../../flow/edge.ts';
import { type Chain, type LineageQuery, lineageOf } from '../../map/lineage.ts';
import { nameMatcher } from '../../map/named-ends.ts';
import { detail, edge, knowledge } from './made-edges.ts';

const ask = (edges: Iterable<Edge>, query: Partial<LineageQuery> = {}) =>
  lineageOf(edges, knowledge(), { entity: null, from: null, to: null, limit: 100, ...query });

const told = ({ entity, certainty, from, hops }: Chain) =>
  [entity, certainty, [from.label, ...hops.map(({ to }) => to.label)].join(' > ')].join(' ');

const EMAIL = { EMAIL_ADDRESS: 5 };

function found(fingerprints: readonly string[], first = '2026-06-01', last = '2026-06-14'): Partial<Edge> {
  const times = { firstSeen: `${first}T00:00:00.000Z`, lastSeen: `${last}T00:00:00.000Z` };
  return { ...times, entities: EMAIL, details: { EMAIL_ADDRESS: detail({ fingerprints, ...times }) } };
}

const reads = (app: string, store: string, change: Partial<Edge>) =>
  edge(app, store, { direction: 'in', channel: 'sensor', protocol: 'postgres', ...change });

test('what a service reads is joined with what it sends: possible by class, confirmed by value', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a', 'b'])),
    edge('billing', 'api.openai.com', found(['b', 'c'])),
    edge('billing', 'hooks.slack.com', found(['x'])),
    edge('billing', 'files.example', { entities: { CREDIT_CARD: 1 } }),
  ];
  const { chains, total } = ask(edges);
  assert.deepEqual(chains.map(told), [
    'EMAIL_ADDRESS confirmed crm > billing > OpenAI api.openai.com',
    'CREDIT_CARD confirmed billing > files.example',
    'EMAIL_ADDRESS possible crm > billing > Slack hooks.slack.com',
  ]);
  assert.deepEqual([total, chains[0]?.values, chains[2]?.values], [3, 1, 0]);
  assert.deepEqual(
    chains[0]?.hops.map(({ join, edges: ids, channels }) => [join, ids, channels]),
    [
      [null, [edges[0]?.id], ['sensor']],
      ['confirmed', [edges[1]?.id], ['proxy']],
    ],
  );
});

test('chains go over several hops, from service to service, and are as certain as the weakest join', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'])),
    edge('billing', 'chat.internal:8080', found(['a'])),
    edge('chat', 'api.openai.com', found(['a'])),
    edge('chat', 'hooks.slack.com', found(['z'])),
  ];
  assert.deepEqual(ask(edges, { from: 'crm' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed crm > billing > chat > OpenAI api.openai.com',
    'EMAIL_ADDRESS possible crm > billing > chat > Slack hooks.slack.com',
  ]);
});

test('times run forwards: what was sent before it was read is no chain', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'], '2026-06-10', '2026-06-11')),
    edge('billing', 'api.openai.com', found(['a'], '2026-06-01', '2026-06-09')),
    edge('billing', 'hooks.slack.com', found(['a'], '2026-06-01', '2026-06-12')),
  ];
  assert.deepEqual(ask(edges, { from: 'crm' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed crm > billing > Slack hooks.slack.com',
  ]);
});

test('arrival is carried over hops: each pair may fit where the whole does not', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'], '2026-06-10', '2026-06-11')),
    edge('billing', 'chat.internal', found(['a'], '2026-06-01', '2026-06-12')),
    edge('chat', 'api.openai.com', found(['a'], '2026-06-01', '2026-06-05')),
  ];
  assert.deepEqual(ask(edges, { from: 'crm' }).chains.map(told), ['EMAIL_ADDRESS confirmed crm > billing > chat']);
  assert.deepEqual(
    ask(edges, { to: 'api.openai.com' }).chains.map(told),
    ['EMAIL_ADDRESS confirmed billing > chat > OpenAI api.openai.com'],
    'when chat sent it, billing had not read the store yet',
  );
});

test('the times of the class count, not those of the edge', () => {
  const read = reads('billing', 'crm-db:5432', found(['a'], '2026-06-10', '2026-06-11'));
  const sent = edge('billing', 'api.openai.com', {
    ...found(['a'], '2026-06-01', '2026-06-09'),
    lastSeen: '2026-06-20T00:00:00.000Z',
  });
  assert.deepEqual(ask([read, sent], { from: 'crm' }).chains.map(told), ['EMAIL_ADDRESS confirmed crm > billing']);
});

test('the times of a value count, where they are known', () => {
  const read = reads('billing', 'crm-db:5432', found([], '2026-06-01', '2026-06-14'));
  const sent = edge('billing', 'api.openai.com', found([], '2026-06-01', '2026-06-14'));
  const seen = (on: Edge, day: string) => {
    const time = `${day}T00:00:00.000Z`;
    return { fingerprint: 'a', entity: 'EMAIL_ADDRESS', edge: on.id, count: 1, firstSeen: time, lastSeen: time };
  };
  const joined = (came: string, went: string) => {
    const sightings = [seen(read, came), seen(sent, went)];
    const [chain] = lineageOf(
      [read, sent],
      knowledge(),
      { entity: null, from: 'crm', to: null, limit: 9 },
      sightings,
    ).chains;
    return [chain?.certainty, chain?.values];
  };
  assert.deepEqual(joined('2026-06-03', '2026-06-04'), ['confirmed', 1]);
  assert.deepEqual(joined('2026-06-04', '2026-06-03'), ['possible', 0]);
});

test('another company passes data on only where the same value came back', () => {
  const through = (value: string) => [
    edge('billing', 'hooks.slack.com', found(['a'])),
    edge('chat', 'hooks.slack.com', { direction: 'in', ...found([value]) }),
    edge('chat', 'files.example', found(['q'])),
  ];
  assert.deepEqual(ask(through('b'), { from: 'billing' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed billing > Slack hooks.slack.com',
  ]);
  assert.deepEqual(ask(through('a'), { from: 'billing' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed billing > Slack hooks.slack.com',
    'EMAIL_ADDRESS possible billing > Slack hooks.slack.com > chat > files.example',
  ]);
});

test('a store that one service writes and another reads joins both', () => {
  const edges = [
    edge('billing', 'cards-db:5432', { channel: 'sensor', protocol: 'postgres', ...found(['a']) }),
    reads('chat', 'cards-db:5432', found(['a'])),
    edge('chat', 'api.openai.com', found(['a'])),
  ];
  assert.deepEqual(ask(edges, { from: 'billing', to: 'openai' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed billing > cards > chat > OpenAI api.openai.com',
  ]);
});

test('what was blocked or tokenized did not arrive: it is said, goes no further, and comes last', () => {
  const held = { calls: 4, actions: { block: 1, tokenize: 3 } };
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'])),
    edge('billing', 'api.openai.com', { ...found(['a']), ...held }),
    edge('billing', 'chat.internal', { ...found(['a']), ...held }),
    edge('billing', 'files.example', found(['z'])),
    edge('chat', 'hooks.slack.com', found(['a'])),
  ];
  const { chains, reach } = ask(edges, { from: 'crm' });
  assert.deepEqual(
    chains.map((chain) => [told(chain), chain.isHeld]),
    [
      ['EMAIL_ADDRESS possible crm > billing > files.example', false],
      ['EMAIL_ADDRESS confirmed crm > billing > OpenAI api.openai.com', true],
      ['EMAIL_ADDRESS confirmed crm > billing > chat', true],
    ],
  );
  assert.deepEqual(
    reach?.map(({ label, isHeld }) => [label, isHeld]),
    [
      ['billing', false],
      ['OpenAI api.openai.com', true],
      ['chat', true],
      ['files.example', false],
    ],
  );
  assert.deepEqual(ask(edges, { to: 'hooks.slack.com' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed chat > Slack hooks.slack.com',
  ]);
  assert.deepEqual(
    ask(edges, { to: 'api.openai.com' }).reach?.map(({ label, isHeld }) => [label, isHeld]),
    [
      ['billing', true],
      ['crm', true],
    ],
  );
});

test('what the sensor saw beside a proxy that held it back was held back, unless it saw more calls', () => {
  const proxied = edge('billing', 'api.openai.com', { ...found(['a']), calls: 3, actions: { block: 3 } });
  const seen = (calls: number) => edge('billing', 'api.openai.com', { ...found(['a']), channel: 'sensor', calls });
  assert.equal(ask([proxied, seen(3)]).chains[0]?.isHeld, true);
  assert.equal(ask([proxied, seen(4)]).chains[0]?.isHeld, false);
});

test('a cycle ends, and no path leads back to where it began', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'])),
    edge('billing', 'chat.internal', found(['a'])),
    edge('chat', 'billing.internal', found(['a'])),
    edge('chat', 'crm-db:5432', { channel: 'sensor', protocol: 'postgres', ...found(['a']) }),
    edge('chat', 'api.openai.com', found(['a'])),
  ];
  assert.deepEqual(ask(edges, { from: 'crm', to: '*openai*' }).chains.map(told), [
    'EMAIL_ADDRESS confirmed crm > billing > chat > OpenAI api.openai.com',
  ]);
});

test('backwards: what can have come to a destination, and from where', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'])),
    reads('billing', '10.0.0.9:5432', { entities: { US_SSN: 1 } }),
    edge('billing', 'api.openai.com', { ...found(['a']), entities: { EMAIL_ADDRESS: 1, US_SSN: 1 } }),
    edge('chat', 'hooks.slack.com', found(['a'])),
  ];
  const { chains, reach } = ask(edges, { to: 'api.openai.com' });
  assert.deepEqual(chains.map(told), [
    'EMAIL_ADDRESS confirmed crm > billing > OpenAI api.openai.com',
    'US_SSN possible 10.0.0.9:5432 > billing > OpenAI api.openai.com',
  ]);
  assert.deepEqual(
    reach?.map(({ label, hops, entities }) => [label, hops, entities]),
    [
      ['billing', 1, { EMAIL_ADDRESS: 'confirmed', US_SSN: 'confirmed' }],
      ['10.0.0.9:5432', 2, { US_SSN: 'possible' }],
      ['crm', 2, { EMAIL_ADDRESS: 'confirmed' }],
    ],
  );
});

test('forwards and backwards find the same chains', () => {
  const edges = estate(400, 7);
  const forward = ask(edges, { from: 'crm', to: 'api.openai.com', limit: 1000 }).chains.map(told);
  const back = ask(edges, { to: 'api.openai.com', limit: 1000 })
    .chains.filter(({ from }) => from.label === 'crm')
    .map(told);
  const ends = (lines: readonly string[]) => lines.map((line) => line.split(' ').slice(0, 2).join(' ')).toSorted();
  assert.ok(forward.length > 0);
  assert.deepEqual(ends(back), ends(forward));
});

test('what cannot be in a chain is said', () => {
  const { notSeen } = ask([
    edge('billing', 'api.openai.com', { coverage: { level: 'opaque', reason: 'tunnelled' } }),
    edge('billing', 'files.example', found(['a'])),
  ]);
  assert.match(notSeen.join('\n'), /^1 of 2 edges could not be looked into/);
  assert.match(notSeen.join('\n'), /where the sensor sees it$/);
});

test('a name that is not on the map is told from one without flows', () => {
  assert.deepEqual(ask([edge('billing', 'files.example', found(['a']))], { from: 'nobody' }).isKnown, {
    from: false,
    to: true,
  });
});

test('no more chains are given than asked for, the most certain first, and all are counted', () => {
  const edges = [
    reads('billing', 'crm-db:5432', found(['a'])),
    ...Array.from({ length: 50 }, (_, i) => edge('billing', `h${i}.example`, found([i === 37 ? 'a' : `b${i}`]))),
  ];
  const { chains, total } = ask(edges, { from: 'crm', limit: 3 });
  assert.deepEqual([chains.length, total, chains[0]?.to.label], [3, 50, 'h37.example']);
});

/** Services that read stores, write stores and call one another in circles, with values that are passed on now and then. */
function estate(size: number, seed: number): Edge[] {
  let state = seed;
  const random = (n: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
  const letters = (n: number) => String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26));
  const targets = [
    'crm-db:5432',
    'cards-db:5432',
    'api.openai.com',
    'hooks.slack.com',
    'files.example',
    '10.0.0.9:5432',
  ];
  return Array.from({ length: size }, () => {
    const inward = random(3) === 0;
    const to = random(2) === 0 ? `${letters(random(120))}.internal` : (targets[random(targets.length)] ?? '');
    const day = String(1 + random(9)).padStart(2, '0');
    const names = ['EMAIL_ADDRESS', 'PERSON', 'US_SSN', 'CREDIT_CARD'].filter(() => random(2) === 0);
    const seen = () =>
      detail({
        fingerprints: Array.from({ length: 8 }, () => `f${random(60)}`),
        firstSeen: `2026-06-${day}T00:00:00.000Z`,
        lastSeen: `2026-06-1${random(5)}T00:00:00.000Z`,
      });
    return edge(letters(random(120)), to, {
      direction: inward ? 'in' : 'out',
      entities: Object.fromEntries(names.map((name) => [name, 1 + random(9)])),
      details: Object.fromEntries(names.map((name) => [name, seen()])),
    });
  });
}

test('5,000 edges with cycles are followed in bounded work', () => {
  const edges = estate(5000, 3);
  const before = process.cpuUsage();
  const { chains, total } = ask(edges, { from: 'crm' });
  const all = ask(edges);
  const { user } = process.cpuUsage(before);
  assert.equal(chains.length, Math.min(100, total));
  assert.ok(all.total >= total);
  assert.ok(user < 30_000_000, `${user / 1e6} s of CPU`);
});

test('a name matches whole, in any case, with * for any characters', () => {
  const hits: readonly (readonly [string, string])[] = [
    ['crm', 'CRM'],
    ['*.openai.com', 'api.openai.com'],
    ['a*b*c', 'a-b-b-c'],
    ['*', ''],
  ];
  for (const [glob, text] of hits) assert.ok(nameMatcher(glob)(text), `${glob} ${text}`);
  const misses: readonly (readonly [string, string])[] = [
    ['crm', 'crm2'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'a-c-b'],
    ['*.openai.com', 'openai.com'],
  ];
  for (const [glob, text] of misses) assert.ok(!nameMatcher(glob)(text), `${glob} ${text}`);
});
