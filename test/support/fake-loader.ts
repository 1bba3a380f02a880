/** A loader for tests that have no kernel: writes the frames of a file, then waits for its input to end, as the real one. */
import { readFileSync } from 'node:fs';

const [file = '', ending = ''] = process.argv.slice(2);
if (ending === 'unable') {
  process.stdout.write(readFileSync(file), () => process.exit(3));
} else {
  process.stdout.write(readFileSync(file));
  if (ending === 'crash') setTimeout(() => process.exit(9), 10);
  process.stdin.on('data', (chunk: Buffer) => process.stderr.write(`${chunk.length} bytes of commands\n`));
  process.stdin.on('end', () => process.exit(0));
}
