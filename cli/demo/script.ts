/**
 * What the app of the demo asks and what the model of the stand-in answers. The model knows only what it is given: where
 * it repeats a pseudonym, that is what reached it, and whatever stands in its place at the app was put back by the proxy.
 */
import {
  type ChatRequest,
  chatCompletion,
  chatCompletionEvents,
  type ModelTurn,
  readChatRequest,
} from './chat-answers.ts';
import type { Script } from './stand-in.ts';
import { AWS_KEY, CARD, MAIL, PERSON } from './values.ts';

export const CLEAN = 'Name three rivers in Europe.';
export const LETTER = `Write one line to Mrs. ${PERSON} (${MAIL}): the parcel leaves today.`;
export const PAYMENT = `Book the hotel with card ${CARD}.`;
export const TASK = 'The nightly deployment fails. Find out why.';

/** Results of the agent's tools, by turn; the second one holds a key, as an agent's reading of a file does. */
export const TOOL_RESULTS: readonly string[] = [
  'Makefile\n.env\ndeploy.sh\nmain.tf',
  `REGION=eu-north-1\nAWS_KEY=${AWS_KEY}\n`,
  'error: the bucket lies in region eu-west-1',
  'provider "aws" { region = "eu-north-1" }',
  'deployed',
];

/** Deltas of so few characters that every pseudonym is cut. */
const CUT = 4;

/** The script of the stand-in: a chat model that plays the demo's part. */
export const demoModel: Script = async ({ response, received }) => {
  const request = readChatRequest((await received).body);
  const turn = request.hasTools ? agentTurn(request) : { kind: 'text' as const, text: reply(request) };
  if (!request.stream) {
    const body = JSON.stringify(chatCompletion(turn, request.model));
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of chatCompletionEvents(turn, request.model, CUT)) response.write(event);
  response.end();
};

function reply(request: ChatRequest): string {
  const said = request.messages.at(-1)?.text ?? '';
  if (said === CLEAN) return 'The Rhine, the Elbe and the Danube.';
  const [, name = 'you', mail = 'you'] = /to (.+) \((.+)\):/.exec(said) ?? [];
  return `Dear ${name}, the parcel leaves today. (to ${mail})`;
}

function agentTurn(request: ChatRequest): ModelTurn {
  const results = request.messages.filter((message) => message.role === 'tool').map((message) => message.text);
  const key = /AWS_KEY=(\S+)/.exec(results.join('\n'))?.[1] ?? '';
  const commands = [
    'ls',
    'cat .env',
    `AWS_KEY=${key} ./deploy.sh`,
    'cat main.tf',
    'sed -i s/north/west/ main.tf && ./deploy.sh',
  ];
  const command = commands[results.length];
  if (command !== undefined) return { kind: 'tool', name: 'shell', args: JSON.stringify({ command }) };
  return { kind: 'text', text: `Mended: the region was wrong; the key ${key} is fine.` };
}
