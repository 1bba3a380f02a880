/** Every provider's own SDK by the gateway, asked the same way: a text in, the text of the answer out, whole or streamed. */
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import OpenAI, { AzureOpenAI } from 'openai';
import type { Settings } from './weir-under-test.ts';

const OLLAMA = 'ollama.weir-test.example';

/** What the stand-in has to be reachable as, for all of them. */
export const SDK_SETTINGS = {
  hosts: [
    'api.mistral.ai:443',
    'api.cohere.com:443',
    'bedrock-runtime.us-east-1.amazonaws.com:443',
    'our-res.openai.azure.com:443',
    'europe-west4-aiplatform.googleapis.com:443',
    `${OLLAMA}:443`,
  ],
  proxy: { providers: { ollama: { url: `https://${OLLAMA}`, shape: 'openai' } } },
  destinations: [{ hosts: [OLLAMA], vendor: 'Ollama', category: 'genai', private: true }],
} as const satisfies Pick<Settings, 'hosts'> & Record<string, unknown>;

export interface Ask {
  readonly whole: (text: string) => Promise<string>;
  readonly streamed: (text: string) => Promise<string>;
}

export function sdkClients(port: number): Readonly<Record<string, Ask>> {
  const url = `http://127.0.0.1:${port}`;
  return {
    openai: openai(new OpenAI({ apiKey: 'test-key', baseURL: `${url}/openai/v1` })),
    azure: openai(azure(`${url}/azure/our-res`)),
    'openai responses': responses(`${url}/openai/v1`),
    anthropic: anthropic(`${url}/anthropic`),
    gemini: gemini(new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: `${url}/gemini` } })),
    vertex: gemini(vertex(`${url}/vertex/europe-west4`)),
    mistral: mistral(`${url}/mistral`),
    cohere: cohere(`${url}/cohere`),
    ollama: ollama(`${url}/ollama`),
    bedrock: bedrock(`${url}/bedrock/us-east-1`),
  };
}

async function joined<T>(stream: AsyncIterable<T>, textOf: (event: T) => string | null | undefined): Promise<string> {
  let text = '';
  for await (const event of stream) text += textOf(event) ?? '';
  return text;
}

function azure(endpoint: string): OpenAI {
  return new AzureOpenAI({ apiKey: 'test-key', endpoint, apiVersion: '2024-10-21', deployment: 'our-gpt' });
}

function vertex(baseUrl: string): GoogleGenAI {
  return new GoogleGenAI({ vertexai: true, apiKey: 'test-key', httpOptions: { baseUrl } });
}

function openai({ chat }: OpenAI): Ask {
  const request = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] });
  return {
    whole: async (text) => (await chat.completions.create(request(text))).choices[0]?.message.content ?? '',
    streamed: async (text) =>
      joined(
        await chat.completions.create({ ...request(text), stream: true }),
        (chunk) => chunk.choices[0]?.delta.content,
      ),
  };
}

function responses(baseURL: string): Ask {
  const client = new OpenAI({ apiKey: 'test-key', baseURL });
  return {
    whole: async (input) => (await client.responses.create({ model: 'gpt-5', input })).output_text,
    streamed: async (input) =>
      joined(await client.responses.create({ model: 'gpt-5', input, stream: true }), (event) =>
        event.type === 'response.output_text.delta' ? event.delta : '',
      ),
  };
}

function anthropic(baseURL: string): Ask {
  const { messages } = new Anthropic({ apiKey: 'test-key', baseURL });
  const request = (content: string) => ({
    model: 'claude-opus-4-6',
    max_tokens: 100,
    messages: [{ role: 'user' as const, content }],
  });
  return {
    whole: async (text) => {
      const [block] = (await messages.create(request(text))).content;
      return block?.type === 'text' ? block.text : '';
    },
    streamed: async (text) => messages.stream(request(text)).finalText(),
  };
}

function gemini({ models }: GoogleGenAI): Ask {
  const request = (contents: string) => ({ model: 'gemini-2.5-pro', contents });
  return {
    whole: async (text) => (await models.generateContent(request(text))).text ?? '',
    streamed: async (text) => joined(await models.generateContentStream(request(text)), (chunk) => chunk.text),
  };
}

function mistral(serverURL: string): Ask {
  const { chat } = new Mistral({ apiKey: 'test-key', serverURL });
  const request = (content: string) => ({
    model: 'mistral-large-latest',
    messages: [{ role: 'user' as const, content }],
  });
  return {
    whole: async (text) => String((await chat.complete(request(text))).choices[0]?.message?.content ?? ''),
    streamed: async (text) =>
      joined(await chat.stream(request(text)), ({ data }) => {
        const content = data.choices[0]?.delta.content;
        return typeof content === 'string' ? content : '';
      }),
  };
}

function cohere(environment: string): Ask {
  const client = new CohereClientV2({ token: 'test-key', environment, maxRetries: 0 });
  const request = (content: string) => ({ model: 'command-a-03-2025', messages: [{ role: 'user' as const, content }] });
  return {
    whole: async (text) => {
      const [block] = (await client.chat(request(text))).message.content ?? [];
      return block?.type === 'text' ? block.text : '';
    },
    streamed: async (text) =>
      joined(await client.chatStream(request(text)), (event) =>
        event.type === 'content-delta' ? event.delta?.message?.content?.text : '',
      ),
  };
}

function ollama(host: string): Ask {
  const client = new Ollama({ host });
  const request = (content: string) => ({ model: 'llama3.2', messages: [{ role: 'user', content }] });
  return {
    whole: async (text) => (await client.chat({ ...request(text), stream: false })).message.content,
    streamed: async (text) =>
      joined(await client.chat({ ...request(text), stream: true }), (line) => line.message.content),
  };
}

function bedrock(endpoint: string): Ask {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    maxAttempts: 1,
    endpoint,
    token: { token: 'a-bedrock-key' },
    authSchemePreference: ['httpBearerAuth'],
    requestHandler: new NodeHttpHandler(),
  });
  const request = (text: string) => ({
    modelId: 'amazon.nova-pro-v1:0',
    messages: [{ role: 'user' as const, content: [{ text }] }],
  });
  return {
    whole: async (text) =>
      (await client.send(new ConverseCommand(request(text)))).output?.message?.content?.[0]?.text ?? '',
    streamed: async (text) => {
      const { stream } = await client.send(new ConverseStreamCommand(request(text)));
      return joined(stream ?? (async function* () {})(), (event) => event.contentBlockDelta?.delta?.text);
    },
  };
}
