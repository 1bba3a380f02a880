/** The check of the console's listener: its port, and what a Weir that runs on this home says of its parts there. */
import { get } from 'node:http';
import { type HostPort, hostPortText } from '../../catalog/host.ts';
import { broken, type Check, ok } from './check.ts';
import { checkPort } from './place.ts';

const ANSWER_MS = 2000;
const MAX_ANSWER = 64 * 1024;

/** Asks /readyz of a Weir that runs on this home; else whether the port is free for one. */
export async function checkConsole(listen: HostPort, home: string): Promise<Check> {
  const port = await checkPort(listen, home, 'console');
  if (port.status !== 'ok' || !port.what.includes("weir's own")) return port;
  const problems = await problemsAt(listen);
  if (problems === null) {
    return broken('console', `${hostPortText(listen)} does not answer /readyz`, 'Look at what `weir up` printed.');
  }
  if (problems.length === 0) return ok('console', `${hostPortText(listen)} says that all parts are ready`);
  return broken('console', problems.join('\n'), 'Mend what it names; `weir up` prints more.');
}

/** Why parts are not ready; null where nothing that can be read is answered. */
function problemsAt({ host, port }: HostPort): Promise<readonly string[] | null> {
  const asked = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return new Promise((resolve) => {
    const asking = get({ host: asked, port, path: '/readyz', agent: false, timeout: ANSWER_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER) asking.destroy();
      });
      answer.on('end', () => resolve(problemsIn(text)));
      answer.on('close', () => resolve(null));
    });
    asking.on('timeout', () => asking.destroy()).on('error', () => resolve(null));
  });
}

function problemsIn(text: string): readonly string[] | null {
  try {
    const read: unknown = JSON.parse(text);
    if (!isObject(read) || !isObject(read['parts'])) return null;
    return Object.entries(read['parts']).flatMap(([name, part]) => {
      const reason = isObject(part) ? part['reason'] : null;
      return typeof reason === 'string' ? [`${name}: ${reason}`] : [];
    });
  } catch {
    return null; // not JSON: something else answers there
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
