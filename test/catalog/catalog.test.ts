/** The look-up of destinations, and the shipped data: complete, canonical, without doubles. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCatalog, type DestinationEntry, readCatalogData } from '../../catalog/catalog.ts';
import { parseHostGlob } from '../../catalog/host.ts';
import { HostTable } from '../../catalog/host-table.ts';
import { PROVIDERS, resolveGateway } from '../../catalog/providers.ts';
import { cpuMs } from '../support/cpu-time.ts';

const catalog = createCatalog([]);

function entry(hosts: readonly string[], rest: Partial<DestinationEntry> = {}): DestinationEntry {
  const none = {
    vendor: null,
    category: null,
    country: null,
    sanctioned: false,
    private: false,
    owner: null,
    note: null,
  };
  return { ...none, ...rest, hosts };
}

const KNOWN: readonly (readonly [host: string, vendor: string, category: string, country: string | null])[] = [
  ['api.openai.com', 'OpenAI', 'genai', 'US'],
  ['160.79.104.10', 'Anthropic', 'genai', 'US'],
  ['2607:6bc0::10', 'Anthropic', 'genai', 'US'],
  ['openai.com', 'OpenAI', 'genai', 'US'],
  ['chatgpt.com', 'OpenAI', 'genai', 'US'],
  ['api.anthropic.com', 'Anthropic', 'genai', 'US'],
  ['claude.ai', 'Anthropic', 'genai', 'US'],
  ['generativelanguage.googleapis.com', 'Google', 'genai', 'US'],
  ['gemini.google.com', 'Google', 'genai', 'US'],
  ['aiplatform.googleapis.com', 'Google', 'genai', 'US'],
  ['europe-west4-aiplatform.googleapis.com', 'Google', 'genai', 'US'],
  ['aiplatform.eu.rep.googleapis.com', 'Google', 'genai', 'US'],
  ['cloudcode-pa.googleapis.com', 'Google', 'genai', 'US'],
  ['my-resource.openai.azure.com', 'Microsoft', 'genai', 'US'],
  ['my-resource.services.ai.azure.com', 'Microsoft', 'genai', 'US'],
  ['my-resource.cognitiveservices.azure.com', 'Microsoft', 'genai', 'US'],
  ['bedrock-runtime.us-east-1.amazonaws.com', 'Amazon', 'genai', 'US'],
  ['bedrock-mantle.eu-west-1.api.aws', 'Amazon', 'genai', 'US'],
  ['vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com', 'Amazon', 'genai', 'US'],
  ['api.individual.githubcopilot.com', 'GitHub', 'genai', 'US'],
  ['copilot-proxy.githubusercontent.com', 'GitHub', 'genai', 'US'],
  ['api2.cursor.sh', 'Anysphere', 'genai', 'US'],
  ['server.codeium.com', 'Cognition', 'genai', 'US'],
  ['api.mistral.ai', 'Mistral AI', 'genai', 'FR'],
  ['api.cohere.com', 'Cohere', 'genai', 'CA'],
  ['api.groq.com', 'Groq', 'genai', 'US'],
  ['api.together.xyz', 'Together AI', 'genai', 'US'],
  ['openrouter.ai', 'OpenRouter', 'genai', 'US'],
  ['api.deepseek.com', 'DeepSeek', 'genai', 'CN'],
  ['api.x.ai', 'xAI', 'genai', 'US'],
  ['api.perplexity.ai', 'Perplexity', 'genai', 'US'],
  ['api.fireworks.ai', 'Fireworks AI', 'genai', 'US'],
  ['ark.cn-beijing.volces.com', 'ByteDance', 'genai', 'CN'],
  ['api.stripe.com', 'Stripe', 'saas', 'US'],
  ['hooks.slack.com', 'Slack', 'saas', 'US'],
  ['raw.githubusercontent.com', 'GitHub', 'saas', 'US'],
  ['o1.ingest.sentry.io', 'Sentry', 'saas', 'US'],
  ['bucket.s3.eu-central-1.amazonaws.com', 'Amazon', 'datastore', 'US'],
  ['s3.amazonaws.com', 'Amazon', 'datastore', 'US'],
  ['account.blob.core.windows.net', 'Microsoft', 'datastore', 'US'],
  ['cdn.jsdelivr.net', 'jsDelivr', 'cdn', 'PL'],
];

/** Behind these a tenant may put an LLM, or they only look like a vendor's. */
const UNKNOWN = [
  'example.com',
  'openai.com.example',
  'xopenai.com',
  'api.openai.com.evil.example',
  'notclaude.ai',
  'd111111abcdef8.cloudfront.net',
  'abc.execute-api.us-east-1.amazonaws.com',
  'service-abc.run.app',
  'dbc-1.cloud.databricks.com',
  'api.cloudflare.com',
  'localhost',
  '127.0.0.1',
  '10.0.0.1',
  '::1',
  'com',
];

describe('look-up in the shipped data', () => {
  for (const [host, vendor, category, country] of KNOWN) {
    test(`${host} is ${vendor}, ${category}`, () => {
      assert.deepEqual(catalog.lookup(host, 443), { host, port: 443, vendor, category, country, sanctioned: false });
    });
  }

  for (const host of UNKNOWN) {
    test(`${host} is of category unknown`, () => {
      const unknown = { host, port: 443, vendor: null, category: 'unknown', country: null, sanctioned: false };
      assert.deepEqual(catalog.lookup(host, 443), unknown);
    });
  }

  test('a model server on this host is GenAI at its own port only, and in no country', () => {
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      const { vendor, category, country } = catalog.lookup(host, 11434);
      assert.deepEqual({ vendor, category, country }, { vendor: 'Ollama', category: 'genai', country: null });
    }
  });

  test('every gateway provider leads to a GenAI host', () => {
    const paths = [
      ...PROVIDERS.keys(),
      'azure/corp',
      'bedrock/eu-west-1',
      'vertex/us-central1',
      'vertex/global',
      'vertex/eu',
    ];
    for (const path of paths) {
      const target = resolveGateway(`/${path}/x`);
      assert.ok(target !== null, path);
      assert.equal(catalog.lookup(target.origin.host, target.origin.port).category, 'genai', path);
    }
  });

  test('a look-up takes a few microseconds at most', () => {
    const hosts = [...KNOWN.map(([host]) => host), ...UNKNOWN];
    const took = cpuMs(() => {
      for (let round = 0; round < 1000; round++) for (const host of hosts) catalog.lookup(host, 443);
    });
    const microseconds = took / hosts.length;
    assert.ok(microseconds < 40, `${microseconds} µs`);
  });
});

describe('entries of the configuration', () => {
  test('add hosts that the data does not know', () => {
    const own = createCatalog([
      entry(['llm.corp.example'], { vendor: 'Corp', category: 'genai', country: 'DE', sanctioned: true }),
    ]);
    const destination = own.lookup('llm.corp.example', 443);
    assert.deepEqual(destination, {
      host: 'llm.corp.example',
      port: 443,
      vendor: 'Corp',
      category: 'genai',
      country: 'DE',
      sanctioned: true,
    });
  });

  test('keep from the data what they do not say, and alone make a destination sanctioned', () => {
    const own = createCatalog([entry(['api.openai.com'], { sanctioned: true })]);
    const { vendor, category, country, sanctioned } = own.lookup('api.openai.com', 443);
    assert.deepEqual(
      { vendor, category, country, sanctioned },
      { vendor: 'OpenAI', category: 'genai', country: 'US', sanctioned: true },
    );
    assert.equal(own.lookup('files.openai.com', 443).sanctioned, false);
  });

  test('of another vendor do not take over the country of the one in the data', () => {
    const own = createCatalog([entry(['*.openai.azure.com'], { vendor: 'Corp tenant' })]);
    assert.equal(own.lookup('corp.openai.azure.com', 443).country, null);
  });

  test('hold for their port alone where they name one', () => {
    const own = createCatalog([
      entry(['db1:5432'], { category: 'datastore' }),
      entry(['*.corp.example:8443'], { vendor: 'Corp' }),
    ]);
    assert.equal(own.lookup('db1', 5432).category, 'datastore');
    assert.equal(own.lookup('db1', 80).category, 'unknown');
    assert.equal(own.lookup('a.corp.example', 8443).vendor, 'Corp');
    assert.equal(own.lookup('a.corp.example', 443).vendor, null);
  });

  test('the most specific holds, of equal ones the first', () => {
    const named = (hosts: readonly string[], owner: string) => entry(hosts, { owner });
    const own = createCatalog([
      named(['*'], 'any'),
      named(['*.corp.example'], 'second'),
      named(['llm.corp.example'], 'exact'),
      named(['llm.corp.example:8443'], 'port'),
    ]);
    const ownerOf = (host: string, port: number) => own.entryOf(host, port)?.owner;
    assert.equal(ownerOf('llm.corp.example', 8443), 'port');
    assert.equal(ownerOf('llm.corp.example', 443), 'exact');
    assert.equal(ownerOf('a.corp.example', 443), 'second');
    assert.equal(ownerOf('elsewhere.example', 443), 'any');
    assert.equal(catalog.entryOf('api.openai.com', 443), null);
  });

  test('say which hosts may be reached on a private address', () => {
    const own = createCatalog([entry(['llm.corp.example'], { private: true })]);
    assert.equal(own.entryOf('llm.corp.example', 443)?.private, true);
    assert.equal(own.entryOf('other.example', 443), null);
  });
});

describe('what there is to tell people', () => {
  test('of a known host: kind, purpose and terms, with owner and note of the configuration', () => {
    const own = createCatalog([entry(['api.openai.com'], { owner: 'team-ml', note: 'contract 7', sanctioned: true })]);
    const profile = own.describe('api.openai.com', 443);
    assert.deepEqual(
      { ...profile, purpose: profile.purpose?.includes('prompts') },
      {
        ...{ host: 'api.openai.com', port: 443, vendor: 'OpenAI', category: 'genai', country: 'US', sanctioned: true },
        ...{ kind: 'llm-api', purpose: true, terms: 'https://openai.com/policies/terms-of-use/' },
        ...{ owner: 'team-ml', note: 'contract 7', domain: 'openai.com' },
      },
    );
  });

  test('of a tenant with another vendor nothing of the vendor in the data', () => {
    const own = createCatalog([entry(['*.openai.azure.com'], { vendor: 'Corp tenant' })]);
    const { kind, purpose, terms } = own.describe('corp.openai.azure.com', 443);
    assert.deepEqual([kind, purpose, terms], [null, null, null]);
  });

  test('of an unknown host its registrable domain, private suffixes included', () => {
    const domainOf = (host: string) => catalog.describe(host, 443).domain;
    assert.equal(domainOf('api.eu.files.example.co.uk'), 'example.co.uk');
    assert.equal(domainOf('tenant.github.io'), 'tenant.github.io');
    assert.equal(domainOf('203.0.113.9'), null);
  });

  test('a server for agents’ tools is GenAI, whoever runs it', () => {
    for (const host of ['mcp.linear.app', 'mcp.stripe.com', 'docs.mcp.cloudflare.com']) {
      const { category, kind } = catalog.describe(host, 443);
      assert.deepEqual([category, kind], ['genai', 'mcp-server'], host);
    }
    assert.equal(catalog.lookup('api.linear.app', 443).category, 'saas');
  });
});

describe('the shipped data', () => {
  const data = readCatalogData();

  test('has a vendor, a category and a country in every entry, software on this host aside', () => {
    const countries = new Set(regions());
    for (const { vendor, country, terms, hosts } of data) {
      assert.ok(vendor.trim() === vendor && vendor !== '');
      const isLocal = hosts.every((host) => /^(?:127\.0\.0\.1|\[::1\]|localhost):\d+$/.test(host));
      assert.ok(isLocal ? country === null : country !== null && countries.has(country), `${vendor}: ${country}`);
      assert.ok(hosts.length > 0, vendor);
      assert.ok(terms === null || /^https:\/\/[^\s]+$/.test(terms), vendor);
    }
  });

  test('has canonical hosts only, and each once', () => {
    const seen = new Map<string, string>();
    for (const { vendor, hosts } of data) {
      for (const host of hosts) {
        const bare = host.startsWith('.') ? host.slice(1) : host;
        const parsed = parseHostGlob(bare);
        assert.ok(parsed !== null, `${vendor}: ${host}`);
        const port = parsed.port === null ? '' : `:${parsed.port}`;
        assert.equal(bare, parsed.glob.includes(':') ? `[${parsed.glob}]${port}` : `${parsed.glob}${port}`, vendor);
        assert.equal(seen.get(bare), undefined, `${host} stands under ${seen.get(bare)} and ${vendor}`);
        seen.set(bare, vendor);
      }
    }
    assert.ok(seen.size > 1000, `${seen.size} hosts`);
  });

  test('has no name that a domain of the same vendor and category covers already', () => {
    for (const { vendor, hosts } of data) {
      const domains = hosts.filter((host) => host.startsWith('.'));
      const covered = hosts.filter((host) => domains.some((domain) => host !== domain && host.endsWith(domain)));
      assert.deepEqual(covered, [], vendor);
    }
  });

  test('has no pattern that takes a whole top-level domain or a registry of everybody', () => {
    for (const { hosts } of data) {
      for (const host of hosts) {
        const fixed =
          host
            .replace(/^\.|:\d+$/g, '')
            .split('*')
            .at(-1) ?? '';
        assert.ok(!host.includes('*') || fixed.split('.').filter(Boolean).length >= 2, host);
      }
    }
  });

  /** ISO 3166-1 codes that Intl knows by name. */
  function regions(): string[] {
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    return letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => names.of(code) !== undefined);
  }
});

describe('HostTable', () => {
  test('prefers an exact name to a glob, and a glob to a domain', () => {
    const table = new HostTable<string>();
    assert.ok(table.add('.example.com', 'domain'));
    assert.ok(table.add('.a.example.com', 'nearer domain'));
    assert.ok(table.add('b*.example.com', 'glob'));
    assert.ok(table.add('bc.example.com', 'exact'));
    const find = (host: string) => table.find({ host, port: 443 });
    assert.equal(find('example.com'), 'domain');
    assert.equal(find('x.y.example.com'), 'domain');
    assert.equal(find('x.a.example.com'), 'nearer domain');
    assert.equal(find('bx.example.com'), 'glob');
    assert.equal(find('bc.example.com'), 'exact');
    assert.equal(find('com'), null);
    assert.equal(find('example.org'), null);
  });

  test('finds globs whose tail is less than two labels, or none', () => {
    const table = new HostTable<string>();
    table.add('a.*', 'head');
    table.add('*.internal', 'one label');
    table.add('*mid*', 'middle');
    assert.equal(table.find({ host: 'a.b.c', port: 1 }), 'head');
    assert.equal(table.find({ host: 'x.y.internal', port: 1 }), 'one label');
    assert.equal(table.find({ host: 'xmidx.example', port: 1 }), 'middle');
    assert.equal(table.find({ host: 'xmid', port: 1 }), 'middle');
  });

  test('refuses what is no pattern', () => {
    const table = new HostTable<string>();
    for (const pattern of ['', '.', '.*.example', '.a.example:80', 'a b', 'https://a'])
      assert.ok(!table.add(pattern, 'x'), pattern);
  });
});
