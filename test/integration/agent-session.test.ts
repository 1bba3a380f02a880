import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { chatCompletion, chatCompletionEvents, type ModelTurn, readChatRequest } from '../../cli/demo/chat-answers.ts';
import type { Script } from '../../cli/demo/stand-in.ts';
import { openaiThrough } from '../support/clients.ts';
import { AWS_KEY, filesHolding } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const TOOLS = [{ type: 'function' as const, function: { name: 'read_file', parameters: { type: 'object' } } }];
const FILES = ['README.md', '.env', 'main.tf', 'deploy.sh', 'notes.txt'];

/** Asks for one file after another, each time with what stands behind `key=` in the last result, then says that it is done. */
const agentModel: Script = async ({ response, received }) => {
  const request = readChatRequest((await received).body);
  const results = request.messages.filter((message) => message.role === 'tool');
  const seen = /key=(\S+)/.exec(results.map((result) => result.text).join('\n'))?.[1] ?? 'none';
  const file = FILES[results.length];
  const turn: ModelTurn =
    file === undefined
      ? { kind: 'text', text: `Done; the key is ${seen}.` }
      : { kind: 'tool', name: 'read_file', args: JSON.stringify({ path: file, seen }) };
  if (!request.stream) {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(chatCompletion(turn, request.model)));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of chatCompletionEvents(turn, request.model, 3)) response.write(event);
  response.end();
};

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ script: agentModel });
});
after(() => weir.close());

for (const stream of [false, true]) {
  test(`a session of six turns finishes although a tool result at turn 2 holds a key${stream ? ', streamed' : ''}`, async () => {
    const { client, calls, close } = openaiThrough(weir);
    const from = weir.standIn.requests.length;
    const messages: ChatCompletionMessageParam[] = [
      { role: 'system', content: 'You mend deployments.' },
      { role: 'user', content: `Why does the deployment fail? (${stream ? 'streamed' : 'whole'})` },
    ];
    let final = '';
    const arguments_: string[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const said = await say(client, messages, stream);
      if (said.call === null) {
        final = said.text;
        break;
      }
      arguments_.push(said.call);
      const toolCall = {
        id: `call_${turn}`,
        type: 'function' as const,
        function: { name: 'read_file', arguments: said.call },
      };
      messages.push({ role: 'assistant', content: null, tool_calls: [toolCall] });
      const content = turn === 1 ? `region=eu-north-1\nkey=${AWS_KEY}\n` : `contents of file ${turn}`;
      messages.push({ role: 'tool', tool_call_id: `call_${turn}`, content });
    }
    assert.equal(final, `Done; the key is ${AWS_KEY}.`);
    assert.equal(calls(), 6);
    // What the model was given in later turns are pseudonyms, what the app's tools got is the value.
    assert.equal((JSON.parse(arguments_[2] ?? '{}') as { seen: string }).seen, AWS_KEY);
    const received = weir.standIn.requests.slice(from).map((request) => request.body.toString('utf8'));
    assert.equal(received.length, 6);
    assert.deepEqual(
      received.filter((body) => body.includes(AWS_KEY)),
      [],
    );
    const tokens = new Set(received.slice(2).map((body) => /key=(<[A-Z_]+_\d+>)/.exec(body)?.[1]));
    assert.equal(tokens.size, 1, 'the value keeps its pseudonym for the whole conversation');
    await close();
  });
}

test('no event of the sessions is a block, and the key is nowhere below home', async () => {
  const events = await weir.events(12);
  assert.deepEqual(
    events.map((event) => event.action).filter((action) => action === 'block'),
    [],
  );
  assert.equal(events.filter((event) => event.action === 'tokenize').length, 8);
  assert.deepEqual(filesHolding(weir.home, [AWS_KEY]), []);
});

type Client = ReturnType<typeof openaiThrough>['client'];

async function say(
  client: Client,
  messages: ChatCompletionMessageParam[],
  stream: boolean,
): Promise<{ text: string; call: string | null }> {
  if (!stream) {
    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, tools: TOOLS });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    return {
      text: answer.choices[0]?.message.content ?? '',
      call: call?.type === 'function' ? call.function.arguments : null,
    };
  }
  let text = '';
  let call: string | null = null;
  for await (const chunk of await client.chat.completions.create({
    model: 'gpt-4o',
    messages,
    tools: TOOLS,
    stream: true,
  })) {
    const delta = chunk.choices[0]?.delta;
    text += delta?.content ?? '';
    const part = delta?.tool_calls?.[0]?.function?.arguments;
    if (part !== undefined) call = (call ?? '') + part;
  }
  return { text, call };
}
