/**
 * OpenAI's older completions, https://platform.openai.com/docs/api-reference/completions, as Azure, vLLM, Together,
 * DeepSeek, Copilot's editor completions (`prompt`, `suffix`, `extra`) and llama.cpp take them over; and the
 * `inputs` of Hugging Face's text generation. Sets zones; reads no text itself.
 */
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks, skipTime, treat } from './marks.ts';
import { METADATA, USER, zone } from './zone.ts';

/** What is written on, before and behind the gap, and what an editor says of the file. */
const PROMPTS = ['prompt', 'suffix', 'inputs', 'extra', 'input_suffix', 'input_prefix'] as const;

export function markCompletionsRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const prompts: JsonNode[] = [];
  for (const key of PROMPTS) {
    for (const prompt of getAll(bytes, root, key)) {
      prompt.zone = USER;
      if (key === 'prompt' || key === 'inputs') prompts.push(prompt);
    }
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, prompts) };
}

/** `choices` with `text`; Hugging Face's `generated_text`. */
export function markCompletionsResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created'));
  const assistant = zone('assistant', 'latest');
  for (const key of ['choices', 'generated_text', 'content', 'token']) {
    for (const node of getAll(bytes, root, key)) node.zone = assistant;
  }
  for (const choice of itemsOf(get(bytes, root, 'choices'))) {
    choice.zone = assistant;
    treat(get(bytes, choice, 'logprobs'), assistant, 'skip');
  }
  // Hugging Face answers with a list.
  for (const item of itemsOf(root)) item.zone = assistant;
}
