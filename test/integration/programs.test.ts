import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CARD, MAIL, SENTENCE } from '../support/planted.ts';
import { weir as runWeir } from '../support/weir-command.ts';
import { makePlace, type Place, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

/** Prints status, x-weir-action and body of one chat call; the base URL and the prompt are its arguments. */
const PYTHON = `
import json, sys, urllib.request, urllib.error
base, content = sys.argv[1], sys.argv[2]
data = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}).encode()
request = urllib.request.Request(base + "/chat/completions", data=data, headers={"Content-Type": "application/json", "Authorization": "Bearer test-key"})
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(answer.status, answer.headers.get("x-weir-action"), answer.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.headers.get("x-weir-action"), error.read().decode())
`;

/** The same with Node's own fetch, which knows nothing of this test. */
const NODE = `
const [base, content] = process.argv.slice(2);
const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
const answer = await fetch(base + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
console.log(answer.status, answer.headers.get('x-weir-action'), await answer.text());
`;

const CALLS = ['Name three rivers.', `card ${CARD}`, SENTENCE] as const;
const BREAK = '-- next call --';

interface Program {
  readonly name: string;
  /** Why it cannot be tested here; false when it can. */
  readonly missing: string | false;
  command(base: string, content: string): string[];
}

let place: Place;
let weir: UnderTest;
before(async () => {
  place = await makePlace();
  weir = await startUnderTest();
  writeFileSync(join(place.folder, 'call.py'), PYTHON);
  writeFileSync(join(place.folder, 'call.mjs'), NODE);
});
after(async () => {
  await weir.close();
  await place.remove();
});

function missing(program: string): string | false {
  return spawnSync(program, ['--version']).status === 0 ? false : `${program} is not installed`;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'curl',
    missing: missing('curl'),
    command(base, content) {
      const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
      const format = '%{http_code} %header{x-weir-action} ';
      return [
        'curl',
        '-sS',
        '--max-time',
        '20',
        '-w',
        `\n${format}\n`,
        '-H',
        'content-type: application/json',
        '-d',
        body,
        `${base}/chat/completions`,
      ];
    },
  },
  {
    name: "Python's urllib",
    missing: missing('python3'),
    command: (base, content) => ['python3', join(place.folder, 'call.py'), base, content],
  },
  {
    name: "Node's fetch",
    missing: false,
    command: (base, content) => [process.execPath, join(place.folder, 'call.mjs'), base, content],
  },
];

for (const program of PROGRAMS) {
  const skip = program.missing;
  test(`${program.name} through \`weir run --\`: clean, blocked, pseudonyms`, { skip }, async () => {
    // One run for the three calls: they are commands of a shell, as in a script that someone runs.
    const lines = CALLS.map((content) => program.command('https://api.openai.com/v1', content).map(quoted).join(' '));
    const script = lines.join(`; echo '${BREAK}'; `);
    const { stdout, stderr, code } = await runWeir(['run', '--config', place.configFile, '--', 'sh', '-c', script]);
    assert.equal(code, 0, stderr);
    assertThreeCalls(stdout.split(BREAK), place);
  });

  test(`${program.name} through the gateway: clean, blocked, pseudonyms`, { skip }, async () => {
    const outputs: string[] = [];
    for (const content of CALLS) {
      const [file = '', ...args] = program.command(`http://127.0.0.1:${weir.port}/openai/v1`, content);
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      await once(child, 'close');
      outputs.push(stdout);
    }
    assertThreeCalls(outputs, weir);
  });
}

test('`weir run` ends with the code of its command', async () => {
  const { code } = await runWeir([
    'run',
    '--config',
    place.configFile,
    '--',
    process.execPath,
    '-e',
    'process.exit(7)',
  ]);
  assert.equal(code, 7);
});

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What came out of the three calls, and what the provider got for them: nothing for the second. */
function assertThreeCalls(outputs: readonly string[], at: Pick<Place, 'standIn'>): void {
  const [clean = '', blocked = '', edited = ''] = outputs;
  const [first, second, ...more] = at.standIn.requests.splice(0);
  assert.ok(clean.includes(`You wrote: ${CALLS[0]}`), clean);
  const body = first?.body.toString() ?? '';
  // Python's json.dumps writes spaces, JSON.stringify does not: each arrives as it was written.
  const written = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: CALLS[0] }] });
  assert.ok([written, written.replaceAll('":', '": ').replaceAll(',"', ', "')].includes(body), body);
  assert.match(blocked, /400 block|weir_blocked/);
  assert.ok(edited.includes(MAIL), 'the value comes back');
  const sent = second?.body.toString() ?? '';
  assert.ok(!sent.includes(MAIL));
  assert.match(sent, /<EMAIL_ADDRESS_1>/);
  assert.equal(more.length, 0);
}
