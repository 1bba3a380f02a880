/** Kinds of destinations, finer than categories, each with what data it is for: for people who read a map or a report. */

export const DESTINATION_KINDS = {
  'llm-api': 'prompts, documents and tool results sent to a model',
  'ai-assistant': 'what people and apps ask an assistant on the web, with the files they attach',
  'coding-assistant': 'source code, terminal output and repositories',
  'ai-search': 'questions, and what is looked up for a model',
  'ai-embeddings': 'documents to be turned into vectors',
  'ai-speech': 'voice recordings and their text',
  'ai-media': 'pictures, video and sound, and what describes them',
  'ai-meetings': 'recordings and minutes of meetings',
  'ai-writing': 'texts in the writing',
  'ai-tooling': 'traces, prompts, memories and files of AI apps',
  'mcp-server': 'arguments and results of the tools that agents call',
  payments: 'payments and the people who pay',
  messaging: 'messages between people, and to customers',
  email: 'mail to customers',
  crm: 'customers, their contacts and requests',
  business: 'accounting, contracts, purchasing',
  hr: 'employees and applicants',
  health: 'patients and their treatment',
  commerce: 'orders, customers and goods',
  productivity: 'documents, tasks and plans',
  developer: 'source code, builds and their secrets',
  'file-sharing': 'files of any kind, often for whoever has the link',
  identity: 'accounts, sign-ins and identity documents',
  monitoring: 'logs, errors and traces, with whatever stands in them',
  analytics: 'what users do, and who they are',
  advertising: 'audiences, contacts and conversions',
  automation: 'whatever flows from one service to another',
  tunnel: 'whatever somebody exposes or receives',
  maps: 'addresses and positions',
  'cloud-api': 'texts, pictures and speech to be worked on by a cloud service',
  content: 'content to be published',
  'cloud-storage': 'objects and files at rest',
  database: 'records at rest',
  warehouse: 'records at rest, for analysis',
  queue: 'messages between services',
  'search-engine': 'documents to be searched',
  'vector-store': 'vectors of documents, and mostly the documents themselves',
  packages: 'software that is fetched',
  'static-content': 'scripts, fonts and pictures that are fetched',
} as const satisfies Readonly<Record<string, string>>;

export type DestinationKind = keyof typeof DESTINATION_KINDS;

export function isDestinationKind(value: unknown): value is DestinationKind {
  return typeof value === 'string' && Object.hasOwn(DESTINATION_KINDS, value);
}
