/**
 * The app of the compose file: three prompts to OpenAI's API with fetch, through whatever proxy its environment names.
 * It knows nothing of Weir. Without OPENAI_API_KEY the provider answers 401 to what gets there; what Weir does is the same.
 */
const PROMPTS = [
  'Say hello in one word.',
  'Write one polite line to Dr. Jane Miller, jane.miller@example.com.',
  // A card issuer's published test number, in parts, so that no scanner of sources takes it for a real one.
  `Check this card for me: ${['4111', '1111', '1111', '1111'].join(' ')}`,
];

for (const content of PROMPTS) {
  const response = await fetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env['OPENAI_API_KEY'] ?? ''}` },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }),
  });
  console.log(`> ${content}`);
  console.log(`< ${response.status} ${response.headers.get('x-weir-action') ?? '-'} ${await response.text()}\n`);
}
