/**
 * The bank of the demo: its services, the stores that they read and the vendors that they call. A service is what it does,
 * in order; who may know of what is told in the configuration that is made from this.
 */

export type StoreName = 'core-banking' | 'crm' | 'sessions' | 'analytics-scratch';

export interface Store {
  readonly name: StoreName;
  readonly kind: 'postgresql' | 'redis';
  readonly owner: string | null;
  /** False: nobody has listed it. */
  readonly isListed: boolean;
  /** Where the bank's own network logs see it. */
  readonly address: string;
  readonly port: number;
}

export const STORES: readonly Store[] = [
  {
    ...{ name: 'core-banking', kind: 'postgresql', owner: 'team-core' },
    ...{ isListed: true, address: '10.20.9.10', port: 5432 },
  },
  { name: 'crm', kind: 'postgresql', owner: 'team-crm', isListed: true, address: '10.20.9.11', port: 5432 },
  { name: 'sessions', kind: 'redis', owner: 'team-web', isListed: true, address: '10.20.9.12', port: 6379 },
  {
    ...{ name: 'analytics-scratch', kind: 'postgresql', owner: null },
    ...{ isListed: false, address: '10.20.9.77', port: 5432 },
  },
];

/** What a service does, one after the other. Fields of a customer are named; the texts are made by `bank-app.ts`. */
export type Step =
  | { readonly kind: 'read'; readonly store: StoreName; readonly query: QueryName }
  | { readonly kind: 'chat'; readonly host: string; readonly api: 'openai' | 'anthropic'; readonly prompt: PromptName }
  | {
      readonly kind: 'post';
      readonly host: string;
      readonly path: string;
      readonly method?: 'POST' | 'PUT';
      readonly body: BodyName;
    };

export type QueryName = 'accounts' | 'cards' | 'contacts' | 'scratch' | 'session';
export type PromptName = 'support' | 'summary' | 'refund' | 'scoring' | 'code' | 'leak' | 'plain';
export type BodyName = 'charge' | 'contact' | 'sms' | 'log' | 'track' | 'message' | 'statement';

export interface Service {
  readonly name: string;
  readonly owner: string;
  /** In the bank's own network logs. */
  readonly address: string;
  /** How often it does its steps. */
  readonly rounds: number;
  readonly steps: readonly Step[];
}

const read = (store: StoreName, query: QueryName): Step => ({ kind: 'read', store, query });
const chat = (host: string, prompt: PromptName, api: 'openai' | 'anthropic' = 'openai'): Step => ({
  ...{ kind: 'chat', host, api, prompt },
});
const post = (host: string, path: string, body: BodyName): Step => ({ kind: 'post', host, path, body });

export const SERVICES: readonly Service[] = [
  {
    ...{ name: 'web-app', owner: 'team-web', address: '10.20.1.10', rounds: 4 },
    steps: [
      read('sessions', 'session'),
      read('core-banking', 'accounts'),
      post('api.segment.io', '/v1/track', 'track'),
    ],
  },
  {
    ...{ name: 'mobile-api', owner: 'team-mobile', address: '10.20.1.11', rounds: 4 },
    steps: [read('core-banking', 'accounts'), post('api.segment.io', '/v1/track', 'track')],
  },
  {
    ...{ name: 'payments', owner: 'team-payments', address: '10.20.2.10', rounds: 5 },
    steps: [read('core-banking', 'cards'), post('api.stripe.com', '/v1/charges', 'charge')],
  },
  {
    ...{ name: 'fraud-scoring', owner: 'team-risk', address: '10.20.2.11', rounds: 3 },
    steps: [read('core-banking', 'cards'), chat('api.openai.com', 'scoring')],
  },
  {
    ...{ name: 'support-copilot', owner: 'team-support', address: '10.20.3.10', rounds: 5 },
    steps: [
      read('crm', 'contacts'),
      chat('api.openai.com', 'support'),
      chat('api.anthropic.com', 'summary', 'anthropic'),
      chat('api.openai.com', 'plain'),
    ],
  },
  {
    ...{ name: 'crm-sync', owner: 'team-crm', address: '10.20.3.11', rounds: 4 },
    steps: [
      read('crm', 'contacts'),
      post('bank.my.salesforce.com', '/services/data/v62.0/sobjects/Contact', 'contact'),
    ],
  },
  {
    ...{ name: 'notifications', owner: 'team-web', address: '10.20.3.12', rounds: 4 },
    steps: [read('crm', 'contacts'), post('api.twilio.com', '/2010-04-01/Accounts/AC00/Messages.json', 'sms')],
  },
  {
    ...{ name: 'statements', owner: 'team-core', address: '10.20.2.12', rounds: 3 },
    steps: [
      read('core-banking', 'accounts'),
      {
        ...{ kind: 'post', method: 'PUT', body: 'statement' },
        ...{ host: 'statements-archive.s3.eu-central-1.amazonaws.com', path: '/2026/11/statement.txt' },
      },
    ],
  },
  {
    ...{ name: 'data-science', owner: 'team-data', address: '10.20.4.10', rounds: 3 },
    steps: [
      read('analytics-scratch', 'scratch'),
      chat('api.deepseek.com', 'summary'),
      chat('api.deepseek.com', 'refund'),
    ],
  },
  {
    ...{ name: 'log-shipper', owner: 'team-platform', address: '10.20.5.10', rounds: 4 },
    steps: [post('http-intake.logs.datadoghq.eu', '/api/v2/logs', 'log')],
  },
  {
    ...{ name: 'ops-bot', owner: 'team-platform', address: '10.20.5.11', rounds: 3 },
    steps: [post('hooks.slack.com', '/services/T000/B000/X', 'message'), chat('api.openai.com', 'plain')],
  },
  {
    ...{ name: 'coding-agent', owner: 'team-platform', address: '10.20.6.10', rounds: 2 },
    steps: [chat('api.anthropic.com', 'code', 'anthropic'), chat('api.anthropic.com', 'leak', 'anthropic')],
  },
];

/** Vendors that the security team has approved, with who answers for it. */
export const SANCTIONED = [
  { hosts: ['api.openai.com'], owner: 'team-support', note: 'zero retention agreed' },
  { hosts: ['api.anthropic.com'], owner: 'team-platform', note: 'enterprise contract' },
  { hosts: ['api.stripe.com'], owner: 'team-payments', note: 'PCI DSS level 1' },
  { hosts: ['bank.my.salesforce.com'], owner: 'team-crm', note: 'data processing agreement' },
  { hosts: ['api.twilio.com'], owner: 'team-web', note: 'data processing agreement' },
] as const;

/** The hosts of all vendors that are called, S3 aside. */
export const VENDOR_HOSTS: readonly string[] = [
  ...new Set(SERVICES.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'read' ? [] : [step.host])))),
];

/** Number of buckets in the bank's account, nearly all of which hold nothing that concerns anybody. */
export const BUCKETS = 10_000;
