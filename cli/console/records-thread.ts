/** The thread that answers from what is recorded. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerOn } from './answering.ts';
import { recordsAnswering } from './records-desk.ts';

if (parentPort !== null) {
  answerOn(parentPort, (say, situation) => recordsAnswering(workerData, say, situation));
}
