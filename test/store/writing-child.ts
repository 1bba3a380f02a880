/** A process that records until it is killed: `node writing-child.ts HOME`. Prints the id of each exchange it acknowledged. */
import { writeSync } from 'node:fs';
import { openHome } from '../../store/home.ts';
import { createRecorder } from '../../store/recorder.ts';
import { closingOf, openingOf, sampleEvent } from './samples.ts';

const home = openHome(process.argv[2] ?? '');
home.lock();
const onProblem = (message: string) => void writeSync(2, `${message}\n`);
const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: null, onProblem, maxSpoolFileBytes: 100_000 });
await recorder.ready();

/** Every seventh exchange stays open; of the others each is printed only after its closing was taken. */
function recordSome(): void {
  for (let i = 0; i < 20; i++) {
    const event = sampleEvent();
    recorder.open(openingOf(event));
    if (i % 7 === 3) writeSync(1, `open ${event.id}\n`);
    else {
      recorder.close(closingOf(event, 'an excerpt'));
      writeSync(1, `done ${event.id}\n`);
    }
  }
  setImmediate(recordSome);
}
recordSome();
