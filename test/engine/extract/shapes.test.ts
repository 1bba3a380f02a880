import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maySpeak, shapeOfBody } from '../../../engine/extract/shape.ts';
import { headerOf } from '../../../flow/message.ts';
import { extracted, GENAI, lines, request, response, UNKNOWN } from './messages.ts';
import { readCalls } from './provider-corpus.ts';

const PNG = `data:image/png;base64,${Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0xff, 0xfe]).toString('base64')}`;

test('OpenAI chat: roles, positions and files of a session with a tool call', () => {
  const extraction = extracted(
    request('/v1/chat/completions', {
      model: 'gpt-4o',
      stream: true,
      user: 'somebody',
      messages: [
        { role: 'developer', content: 'be brief' },
        { role: 'user', content: 'first question' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a \\"b\\".txt"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'the result' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'and this' },
            { type: 'image_url', image_url: { url: PNG } },
            {
              type: 'file',
              file: {
                filename: 'list.csv',
                file_data: `data:text/csv;base64,${Buffer.from('name,age\nsomeone,41').toString('base64')}`,
              },
            },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'read', description: 'reads a file' } }],
    }),
  );
  assert.equal(extraction.shape, 'openai.chat');
  assert.equal(extraction.model, 'gpt-4o');
  assert.equal(extraction.stream, true);
  assert.equal(extraction.firstUserText(), 'first question');
  assert.deepEqual(extraction.coverage, { level: 'opaque', reason: 'media' });
  const found = lines(extraction);
  for (const line of [
    '/model metadata latest gpt-4o',
    '/user metadata latest somebody',
    '/messages/0/content system latest be brief',
    '/messages/1/content user history first question',
    '/messages/2/tool_calls/0/function/arguments/path assistant history a "b".txt',
    '/messages/3/content tool latest the result',
    '/messages/4/content/0/text user latest and this',
    '/messages/4/content/2/file/filename file latest list.csv',
    '/messages/4/content/2/file/file_data file latest name,age\nsomeone,41',
    '/tools/0/function/description metadata latest reads a file',
  ]) {
    assert.ok(found.includes(line), line);
  }
});

test('everything is latest where no user or tool turn follows an assistant turn', () => {
  const positions = (roles: string[]) =>
    extracted(request('/v1/chat/completions', { messages: roles.map((role) => ({ role, content: 'some text' })) }))
      .segments.filter(({ path }) => path.endsWith('/content'))
      .map(({ position }) => position);
  assert.deepEqual(positions(['user', 'user']), ['latest', 'latest']);
  assert.deepEqual(positions(['user', 'assistant']), ['latest', 'latest']);
  assert.deepEqual(positions(['user', 'assistant', 'user']), ['history', 'history', 'latest']);
  assert.deepEqual(positions(['user', 'assistant', 'user', 'assistant']), ['history', 'history', 'latest', 'latest']);
  assert.deepEqual(positions(['user', 'assistant', 'tool', 'tool']), ['history', 'history', 'latest', 'latest']);
  assert.deepEqual(positions(['system', 'user', 'assistant', 'user', 'system']), [
    'latest',
    'history',
    'history',
    'latest',
    'latest',
  ]);
});

test('OpenAI responses: items, outputs of calls, sealed reasoning, ids of the conversation', () => {
  const extraction = extracted(
    request('/v1/responses', {
      model: 'gpt-5',
      previous_response_id: 'resp_1',
      instructions: 'be kind',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'question' }] },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'thought' }],
          encrypted_content: 'gAAAsealed',
        },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"q":"value one"}' },
        { type: 'function_call_output', call_id: 'c1', output: 'output text' },
        { role: 'user', content: [{ type: 'input_file', filename: 'plan.pdf', file_id: 'file-1' }] },
      ],
    }),
  );
  assert.equal(extraction.shape, 'openai.responses');
  assert.equal(extraction.conversationId, 'resp_1');
  assert.equal(extraction.firstUserText(), 'question');
  assert.deepEqual(extraction.coverage, { level: 'opaque', reason: 'media' });
  const found = lines(extraction);
  for (const line of [
    '/instructions system latest be kind',
    '/input/0/content/0/text user history question',
    '/input/1/summary/0/text assistant history thought',
    '/input/1/encrypted_content assistant history fixed gAAAsealed',
    '/input/2/arguments/q assistant history value one',
    '/input/3/output tool latest output text',
    '/input/4/content/0/filename file latest plan.pdf',
  ]) {
    assert.ok(found.includes(line), line);
  }
  assert.equal(extracted(request('/v1/responses', { model: 'm', input: 'plain' })).firstUserText(), 'plain');
});

test('Anthropic: tool results inside user turns are tool, thinking is fixed', () => {
  const extraction = extracted(
    request('/v1/messages?beta=true', {
      model: 'claude',
      system: [{ type: 'text', text: 'system text' }],
      metadata: { user_id: 'user_ab_account__session_01234567-89ab-cdef-0123-456789abcdef' },
      messages: [
        { role: 'user', content: 'hello there' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'deep thought', signature: 'c2lnbmF0dXJl' },
            { type: 'tool_use', id: 't1', name: 'bash', input: { command: 'cat file' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'file text' }] },
            { type: 'text', text: 'go on' },
            { type: 'document', title: 'Paper', source: { type: 'text', media_type: 'text/plain', data: 'the paper' } },
          ],
        },
      ],
    }),
  );
  assert.equal(extraction.shape, 'anthropic.messages');
  assert.equal(extraction.conversationId, '01234567-89ab-cdef-0123-456789abcdef');
  const found = lines(extraction);
  for (const line of [
    '/system/0/text system latest system text',
    '/messages/0/content user history hello there',
    '/messages/1/content/0/thinking assistant history fixed deep thought',
    '/messages/1/content/0/signature assistant history fixed c2lnbmF0dXJl',
    '/messages/1/content/1/input/command assistant history cat file',
    '/messages/2/content/0/content/0/text tool latest file text',
    '/messages/2/content/1/text user latest go on',
    '/messages/2/content/2/title file latest Paper',
    '/messages/2/content/2/source/data file latest the paper',
  ]) {
    assert.ok(found.includes(line), line);
  }
});

test('Gemini: contents, function responses, inline data, the model from the path', () => {
  const extraction = extracted(
    request('/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse', {
      systemInstruction: { parts: [{ text: 'rules' }] },
      contents: [
        { role: 'user', parts: [{ text: 'ask' }] },
        {
          role: 'model',
          parts: [{ functionCall: { name: 'f', args: { city: 'Bern' } }, thoughtSignature: 'c2lnbmVk' }],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'f', response: { weather: 'rainy' } } },
            { inlineData: { mimeType: 'text/plain', data: Buffer.from('inline text here').toString('base64') } },
          ],
        },
      ],
    }),
  );
  assert.equal(extraction.shape, 'gemini.generate');
  assert.equal(extraction.model, 'gemini-2.5-pro');
  assert.equal(extraction.stream, true);
  const found = lines(extraction);
  for (const line of [
    '/systemInstruction/parts/0/text system latest rules',
    '/contents/0/parts/0/text user history ask',
    '/contents/1/parts/0/functionCall/args/city assistant history Bern',
    '/contents/1/parts/0/thoughtSignature assistant history fixed c2lnbmVk',
    '/contents/2/parts/0/functionResponse/response/weather tool latest rainy',
    '/contents/2/parts/1/inlineData/data file latest inline text here',
  ]) {
    assert.ok(found.includes(line), line);
  }
});

test('responses: assistant for what the model says, metadata for the rest, vectors not at all', () => {
  const chat = extracted(
    response('/v1/chat/completions', {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'gpt',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'answer',
            tool_calls: [{ function: { name: 'f', arguments: '{"a":"argument"}' } }],
          },
        },
      ],
    }),
  );
  assert.ok(lines(chat).includes('/choices/0/message/content assistant latest answer'));
  assert.ok(lines(chat).includes('/choices/0/message/tool_calls/0/function/arguments/a assistant latest argument'));
  assert.ok(lines(chat).includes('/id metadata latest chatcmpl-1'));
  const embeddings = extracted(
    response('/v1/embeddings', {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [12345678901, 0.1] }],
      model: 'e',
    }),
  );
  assert.deepEqual(lines(embeddings), ['/model metadata latest e']);
  const responses = extracted(
    response('/v1/responses', {
      id: 'resp_9',
      object: 'response',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'said' }] }],
    }),
  );
  assert.equal(responses.conversationId, 'resp_9');
  assert.ok(lines(responses).includes('/output/0/content/0/text assistant latest said'));
});

test("the body decides where the path is nobody's", () => {
  const shapeOf = (body: unknown, over = {}) =>
    extracted(request('/ask', body, { destination: UNKNOWN, ...over })).shape;
  const messages = [{ role: 'user', content: 'x' }];
  assert.equal(shapeOf({ model: 'm', messages }), 'openai.chat');
  assert.equal(shapeOf({ model: 'm', messages, system: 's' }), 'anthropic.messages');
  assert.equal(
    shapeOf({ model: 'm', messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }] }),
    'anthropic.messages',
  );
  assert.equal(
    shapeOf({ model: 'm', messages }, { headers: ['anthropic-version', '2023-06-01'] }),
    'anthropic.messages',
  );
  assert.equal(
    shapeOf({ model: 'm', messages }, { destination: { ...GENAI, host: 'api.anthropic.com' } }),
    'anthropic.messages',
  );
  assert.equal(shapeOf({ contents: [{ parts: [{ text: 'x' }] }] }), 'gemini.generate');
  assert.equal(shapeOf({ model: 'm', input: [{ role: 'user', content: 'x' }] }), 'openai.responses');
  assert.equal(shapeOf({ model: 'm', input: ['x', 'y'] }), 'openai.embeddings');
  assert.equal(shapeOf({ name: 'x' }), null);
});

test('a shape is told from the beginning of a body, as soon as it can be', () => {
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'text '.repeat(50) }] });
  const bytes = Buffer.from(body);
  const known = body.indexOf('"role"') + '"role"'.length;
  for (let at = 0; at <= bytes.length; at++) {
    const shape = shapeOfBody('/x', 'application/json', bytes.subarray(0, at), false);
    assert.equal(shape, at < known ? 'undecided' : 'openai.chat');
  }
  assert.equal(shapeOfBody('/x', 'application/json', Buffer.from('{"a":1}'), true), 'other');
  assert.equal(shapeOfBody('/x', 'application/json', Buffer.from('[1'), false), 'other');
  assert.equal(shapeOfBody('/x', null, Buffer.from('hello'), false), 'other');
  assert.equal(shapeOfBody('/x', null, Buffer.from('{"model":"m","input":"x"}'), true), 'openai.responses');
  assert.equal(shapeOfBody('/v1/messages', null, bytes, true), 'anthropic.messages');
});

test('a host that nobody knows is known by the path of any API, or by its body alone', () => {
  // What these send is told by their path: the body is an id, a text or a list.
  const byPathAlone =
    /^openai-(?:audio|batches|fine-tuning$|assistants|threads-messages|tool-outputs|conversations|files|fine-tuning-file|images)|^mistral-(?:ocr|conversations)|^vertex-predict|^gemini-(?:count-tokens|web)|^ollama-embed|^openai-moderations/;
  for (const { name, messages } of readCalls()) {
    const message = messages.get('request');
    if (message === undefined) continue;
    const type = headerOf(message.headers, 'content-type');
    assert.ok(maySpeak(type), name);
    if (name !== 'gemini-web') assert.notEqual(shapeOfBody(message.target, type, message.body, true), 'other', name);
    const elsewhere = shapeOfBody('/ask', type, message.body, true);
    if (!byPathAlone.test(name)) assert.notEqual(elsewhere, 'other', name);
    // JSON under a type that is none is told all the same.
    if (type?.includes('json') === true) assert.equal(shapeOfBody('/ask', 'text/plain', message.body, true), elsewhere);
  }
});

test('what is no call of a model is other as soon as that can be told, under every type', () => {
  for (const type of ['application/json', 'text/plain', 'application/octet-stream', null, '']) {
    assert.ok(maySpeak(type));
    assert.equal(shapeOfBody('/upload', type, Buffer.from([0x50, 0x4b, 3, 4]), false), 'other');
    assert.equal(shapeOfBody('/upload', type, Buffer.from('  <html>'), false), 'other');
    assert.equal(shapeOfBody('/order', type, Buffer.from('{"items":[{"id":1}],"message":"hi"}'), true), 'other');
    assert.equal(
      shapeOfBody('/rpc', type, Buffer.from('{"jsonrpc":"2.0","method":"eth_call","params":[]}'), true),
      'other',
    );
    assert.equal(shapeOfBody('/chat', type, Buffer.from('{"prompt":"Your name?","id":7}'), true), 'other');
    assert.equal(shapeOfBody('/threads', type, Buffer.from('{"title":"a thread"}'), true), 'other');
    assert.equal(shapeOfBody('/rows', type, Buffer.from('[{"a":1}]'), true), 'other');
  }
  for (const type of ['image/png', 'application/grpc', 'multipart/mixed', 'text/event-stream', 'application/zip']) {
    assert.ok(!maySpeak(type), type);
  }
  const form = 'multipart/form-data; boundary=x';
  assert.equal(shapeOfBody('/v1/audio/transcriptions', form, Buffer.from('--x'), false), 'openai.audio');
  assert.equal(shapeOfBody('/upload', form, Buffer.from('--x'), false), 'other');
});
