/**
 * One service of the demo's bank, a process of its own: it reads its stores and calls its vendors as any app does, and
 * knows nothing of Weir but the proxy in its environment. It tells the process that started it how each step went.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { BodyName, PromptName, QueryName, Step } from './company.ts';
import { type Customer, makeCustomers } from './people.ts';
import { QUERIES } from './store-servers.ts';

/** What the process is told in `BANK_TASK`, as JSON. */
export interface ServiceTask {
  readonly name: string;
  readonly rounds: number;
  readonly steps: readonly Step[];
  /** Where each store listens on loopback. */
  readonly ports: Readonly<Record<string, number>>;
}

/** How a step went; `status` of HTTP, null for a store or where no answer came. */
export interface StepReport {
  readonly step: string;
  readonly status: number | null;
  readonly error: string | null;
}

const CONNECT_MS = 20_000;

const task = JSON.parse(process.env['BANK_TASK'] ?? '{}') as ServiceTask;
const customers = makeCustomers(40);

for (let round = 0; round < task.rounds; round++) {
  // Each service sees some customers again that others have seen: that is what lineage is made of.
  const customer = customers[(round * 7) % customers.length];
  if (customer === undefined) break;
  for (const step of task.steps) {
    const name = step.kind === 'read' ? `${step.store} ${step.query}` : `${step.host}`;
    try {
      const status = await carryOut(step, customer, round);
      process.send?.({ step: name, status, error: null } satisfies StepReport);
    } catch (error) {
      const text = error instanceof Error ? error.message : 'unknown';
      process.send?.({ step: name, status: null, error: text } satisfies StepReport);
    }
  }
}
process.disconnect?.();

async function carryOut(step: Step, customer: Customer, round: number): Promise<number | null> {
  if (step.kind === 'read') {
    await readStore(task.ports[step.store] ?? 0, step.query);
    return null;
  }
  if (step.kind === 'chat') return chat(step.host, step.api, promptText(step.prompt, customer, round));
  const body = bodyText(step.body, customer);
  const headers = { 'content-type': body.startsWith('{') || body.startsWith('[') ? 'application/json' : 'text/plain' };
  const isForm = step.body === 'charge' || step.body === 'sms';
  const response = await fetch(`https://${step.host}${step.path}`, {
    method: step.method ?? 'POST',
    headers: isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : headers,
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

async function chat(host: string, api: 'openai' | 'anthropic', content: string): Promise<number> {
  const path = api === 'openai' ? '/v1/chat/completions' : '/v1/messages';
  const model = api === 'openai' ? (host === 'api.deepseek.com' ? 'deepseek-chat' : 'gpt-4o') : 'claude-sonnet-4-5';
  const response = await fetch(`https://${host}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer demo-${task.name}` },
    body: JSON.stringify({ model, max_tokens: 300, messages: [{ role: 'user', content }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Asks one question and reads until its answer ends: PostgreSQL's ReadyForQuery, or Redis's value. */
async function readStore(port: number, query: QueryName): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, timeout: CONNECT_MS });
  socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
  await once(socket, 'connect');
  if (query === 'session') {
    const command = '*2\r\n$3\r\nGET\r\n$10\r\nsession:42\r\n';
    socket.write(command);
    await once(socket, 'data');
  } else {
    socket.write(startup());
    await untilReady(socket);
    const text = Buffer.from(`${QUERIES[query]}\0`);
    const length = Buffer.alloc(5, 'Q');
    length.writeInt32BE(text.length + 4, 1);
    socket.write(Buffer.concat([length, text]));
    await untilReady(socket);
  }
  socket.end();
  await once(socket, 'close');
}

function startup(): Buffer {
  const parameters = Buffer.from('user\0app\0database\0bank\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(parameters.length + 8);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, parameters]);
}

/** `Z`, its length of 5 and the state `I` end whatever the server has to say. */
async function untilReady(socket: ReturnType<typeof connect>): Promise<void> {
  let seen: Buffer = Buffer.alloc(0);
  while (!seen.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]))) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    seen = Buffer.concat([seen, chunk]);
  }
}

function promptText(prompt: PromptName, { name, email, phone, iban, card }: Customer, round: number): string {
  switch (prompt) {
    case 'support':
      return `Answer this customer. Name: ${name}, e-mail ${email}, phone ${phone}: "Where is my new card?"`;
    case 'summary':
      return `Summarise the case of Mrs. ${name} (${email}): transfer from IBAN ${iban} was rejected twice.`;
    case 'refund':
      return `Write the refund note for card ${card}, customer ${email}.`;
    case 'scoring':
      return `Rate the risk from 1 to 10: customer ${name}, card ${card}, ${round + 3} payments in one hour.`;
    case 'code':
      return 'Why does `retry(5)` loop for ever here? function retry(n) { while (n) call(); }';
    case 'leak':
      return `The deployment fails with this environment: AWS_ACCESS_KEY_ID=${['AK', 'IA', 'QYLPMN5H', 'HGFTZXB3'].join('')}`;
    case 'plain':
      return 'Name three good habits for writing release notes.';
  }
}

function bodyText(body: BodyName, { id, name, email, phone, iban, card }: Customer): string {
  switch (body) {
    case 'charge':
      return `amount=1990&currency=eur&source[number]=${card}&source[name]=${encodeURIComponent(name)}`;
    case 'contact':
      return JSON.stringify({ LastName: name, Email: email, Phone: phone });
    case 'sms':
      return `To=${encodeURIComponent(phone)}&Body=${encodeURIComponent('Your new card is on its way.')}`;
    case 'log':
      return JSON.stringify([{ service: 'login', level: 'info', message: `password reset for ${email}` }]);
    case 'track':
      return JSON.stringify({ userId: String(id), event: 'opened', context: { traits: { email } } });
    case 'message':
      return JSON.stringify({ text: 'Deployment 118 is done.' });
    case 'statement':
      return `Statement of account\nHolder: ${name}\nIBAN: ${iban}\nBalance: 1,204.18 EUR\n`;
  }
}
