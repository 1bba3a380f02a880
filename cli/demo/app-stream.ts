/** Reads chat completions, whole or as server-sent events, where the SDK is not installed. Only what the demo shows is read. */

/** What the model said: text, or the arguments of its first tool call as JSON text. */
export interface Said {
  readonly text: string;
  readonly toolCall: string | null;
}

interface Part {
  readonly content?: string | null;
  readonly tool_calls?: readonly { readonly function?: { readonly arguments?: string } }[];
}

/** Joins the deltas (or the message) of all events; `[DONE]` ends. */
export function readSse(body: string): Said {
  let text = '';
  let toolCall: string | null = null;
  for (const event of body.split('\n\n')) {
    const data = event.startsWith('data: ') ? event.slice(6).trim() : '';
    if (data === '' || data === '[DONE]') continue;
    const { choices } = JSON.parse(data) as { choices: readonly { delta?: Part; message?: Part }[] };
    const part = choices[0]?.delta ?? choices[0]?.message ?? {};
    text += part.content ?? '';
    const args = part.tool_calls?.[0]?.function?.arguments;
    if (args !== undefined) toolCall = (toolCall ?? '') + args;
  }
  return { text, toolCall };
}
