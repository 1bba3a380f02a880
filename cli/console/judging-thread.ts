/** The thread that answers with the engine at hand. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerOn } from './answering.ts';
import { judgingAnswering } from './judging-desk.ts';

if (parentPort !== null) answerOn(parentPort, (say) => judgingAnswering(workerData, say));
