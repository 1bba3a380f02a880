/** Tokenizers from the files beside a model: numbers as the model was trained with, and places of each in the text. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bertTokenizer, longestText, type Tokenizer, tokenizerOf } from '../../model/tokenizer.ts';

/** Each token as `number:what stands there`; a token that goes on with a piece has a `+` before it. */
function shown(tokenizer: Tokenizer, text: string): string {
  const { ids, starts, ends, isFirst } = tokenizer.encode(text);
  return ids.map((id, at) => `${isFirst[at] === true ? '' : '+'}${id}:${text.slice(starts[at], ends[at])}`).join(' ');
}

const BERT = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'un',
  '##aff',
  '##able',
  'muller',
  ',',
  "'",
  'o',
  'brien',
  '世',
  'the',
];

describe('vocab.txt', () => {
  const tokenizer = bertTokenizer(BERT, {});

  test('takes words apart from the left, longest part first', () => {
    assert.equal(shown(tokenizer, 'unaffable the'), '4:un +5:aff +6:able 13:the');
    assert.equal(shown(tokenizer, 'unaffably'), '1:unaffably', 'one part that is not known makes the word unknown');
    assert.deepEqual([tokenizer.before, tokenizer.after, tokenizer.size], [[2], [3], 14]);
  });

  test('cuts at marks, and undoes case and accents with the places kept', () => {
    assert.equal(shown(tokenizer, "Müller, O'Brien"), "7:Müller 8:, 10:O 9:' 11:Brien");
    assert.equal(shown(tokenizer, 'Mu\u0308ller'), '7:Mu\u0308ller');
    assert.equal(shown(tokenizer, 'the\u0000\u200b世😀'), '13:the 12:世 1:😀');
  });

  test('tells case apart where the vocabulary has capitals, or the configuration says so', () => {
    const cased = ['[UNK]', '[CLS]', '[SEP]', 'Mary', 'mary', 'É', 'e'];
    assert.equal(shown(bertTokenizer(cased, {}), 'Mary mary É'), '3:Mary 4:mary 5:É');
    assert.equal(shown(bertTokenizer(cased, { do_lower_case: true }), 'Mary mary É'), '4:Mary 4:mary 6:É');
  });

  test('needs its special tokens', () => {
    assert.throws(() => bertTokenizer(['[UNK]', 'a'], {}), /no \[CLS\] in it/);
    assert.throws(() => bertTokenizer(['[CLS]', '[SEP]'], {}), /without its unknown token/);
  });

  test('a word that no vocabulary has is one token, however long', () => {
    const { ids, ends } = tokenizer.encode(`${'x'.repeat(1_000_000)} the`);
    assert.deepEqual(ids.at(-1), 13);
    assert.ok(ids.length < 40);
    assert.equal(ends.at(-1), 1_000_004);
  });
});

const TEMPLATE = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }, { SpecialToken: { id: '</s>' } }],
  special_tokens: { '<s>': { ids: [0] }, '</s>': { ids: [2] } },
};

describe('tokenizer.json', () => {
  const UNIGRAM = {
    normalizer: { type: 'NFKC' },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
    post_processor: TEMPLATE,
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [
        ['<s>', 0],
        ['<pad>', 0],
        ['</s>', 0],
        ['<unk>', 0],
        ['▁', -4],
        ['▁Ma', -3],
        ['▁Mar', -5],
        ['ry', -3],
        ['y', -4],
        ['fi', -4],
        ['ne', -4],
      ],
    },
  };

  test('Unigram takes the likeliest parts together', () => {
    const tokenizer = tokenizerOf(UNIGRAM);
    // ▁Ma + ry is -6, ▁Mar + y is -9.
    assert.equal(shown(tokenizer, 'Mary Mary'), '5:Ma +7:ry 5: Ma +7:ry');
    assert.equal(shown(tokenizer, 'ﬁne'), '4: +9:ﬁ +10:ne', 'of a ligature every part has the place');
    assert.equal(shown(tokenizer, 'ne語言'), '4: +10:ne +3:語言', 'unknown characters side by side are one token');
    assert.deepEqual([tokenizer.before, tokenizer.after], [[0], [2]]);
  });

  test('byte pairs are joined by rank, in bytes', () => {
    const vocab = Object.fromEntries(
      ['h', 'e', 'l', 'o', 'he', 'll', 'hell', 'Ġ', 'Ã', '¼', 'Ã¼', 'Ġhe'].map((one, id) => [one, id]),
    );
    const tokenizer = tokenizerOf({
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      post_processor: { type: 'RobertaProcessing', cls: ['<s>', 90], sep: ['</s>', 92] },
      model: { type: 'BPE', vocab, merges: ['h e', 'l l', 'he ll', ['Ã', '¼'], 'Ġ he'] },
    });
    assert.equal(shown(tokenizer, 'hello he'), '6:hell +3:o 11: he');
    assert.equal(shown(tokenizer, 'üh'), '10:ü +0:h');
    assert.deepEqual([tokenizer.before, tokenizer.after, tokenizer.size], [[90], [92], 93]);
  });

  test("SentencePiece's map of characters replaces the longest key", () => {
    const charsmap = compiled({ ﬁ: 'fi', Ａ: 'A', 'e\u0301': 'é', '\u00a0': ' ', '…': '...' });
    const tokenizer = tokenizerOf({
      normalizer: { type: 'Precompiled', precompiled_charsmap: charsmap },
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: { type: 'WordPiece', unk_token: '?', vocab: { '?': 0, fi: 1, '##A': 2, é: 3, '...': 4, e: 5 } },
    });
    assert.equal(shown(tokenizer, 'ﬁＡ\u00a0e\u0301 e …'), '1:ﬁ +2:Ａ 3:e\u0301 5:e 4:…');
    assert.throws(() => tokenizerOf({ ...UNIGRAM, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }));
  });

  test('what is not known is refused by name', () => {
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ ...UNIGRAM, normalizer: { type: 'Sequence', normalizers: [{ type: 'Exotic' }] } }, /the normalizer "Exotic"/],
      [{ ...UNIGRAM, pre_tokenizer: { type: 'UnicodeScripts' } }, /the pre_tokenizer "UnicodeScripts"/],
      [{ ...UNIGRAM, post_processor: { type: 'Own' } }, /the post_processor "Own"/],
      [{ ...UNIGRAM, model: { type: 'WordLevel', vocab: {} } }, /a vocabulary of the kind "WordLevel"/],
      [{ ...UNIGRAM, model: { ...UNIGRAM.model, byte_fallback: true } }, /byte_fallback/],
      [{ ...UNIGRAM, model: { ...UNIGRAM.model, unk_id: 99 } }, /without its unknown token/],
      [
        { ...UNIGRAM, normalizer: { type: 'Replace', pattern: { Regex: '(' }, content: '' } },
        /a Regex that JavaScript/,
      ],
      [{ model: { type: 'BPE', vocab: { a: 0 }, merges: [], end_of_word_suffix: '</w>' } }, /end_of_word_suffix/],
      [{ model: { type: 'BPE', vocab: { a: -1 }, merges: [] } }, /a bad number/],
      [{}, /no "model" in it/],
    ];
    for (const [json, pattern] of refused) assert.throws(() => tokenizerOf(json), pattern);
  });

  test('any text has its tokens in order, each within the text', () => {
    const texts = [
      '',
      '   ',
      '\ud800',
      'a\ud83d',
      '\r\n\t',
      'e\u0301\u0302\u0303'.repeat(500),
      'Ab \u200d'.repeat(40_000),
    ];
    const tokenizers = [tokenizerOf(UNIGRAM), bertTokenizer(BERT, {})];
    for (const tokenizer of tokenizers)
      for (const text of texts) {
        const { starts, ends } = tokenizer.encode(text);
        for (const [at, start] of starts.entries()) {
          const end = ends[at] ?? -1;
          assert.ok(start >= (starts[at - 1] ?? 0) && start <= end && end <= text.length);
        }
      }
  });
});

test('how much a model reads at once is what its configuration says', () => {
  assert.equal(longestText({ model_type: 'bert', max_position_embeddings: 512 }), 512);
  assert.equal(longestText({ model_type: 'xlm-roberta', max_position_embeddings: 514 }), 512);
  assert.equal(longestText({}), null);
});

/** A double array of keys and their replacements, as SentencePiece writes one: a block of 256 places a node. */
function compiled(map: Readonly<Record<string, string>>): string {
  const values: Buffer[] = [];
  const places = new Map<string, number>();
  let length = 0;
  for (const [key, value] of Object.entries(map)) {
    places.set(Buffer.from(key).toString('latin1'), length);
    values.push(Buffer.from(`${value}\0`));
    length += Buffer.byteLength(value) + 1;
  }
  const prefixes = new Set(
    [''].concat([...places.keys()].flatMap((key) => [...key].map((_, n) => key.slice(0, n + 1)))),
  );
  const nodes = [...prefixes];
  const units = new Uint32Array((nodes.length + 1) * 256);
  /** Offsets are whole blocks, so they are kept shifted by 8, which bit 9 says. */
  const offset = (from: number, to: number): number => (((from ^ to) >>> 8) << 10) | 0x200;
  // Where the children of each node stand, at their byte against it: in a block of its own; its own value too.
  const bases = new Map([['', 256]]);
  units[0] = offset(0, 256);
  for (const [n, node] of nodes.entries()) {
    if (node === '') continue;
    const byte = node.charCodeAt(node.length - 1);
    const at = (bases.get(node.slice(0, -1)) ?? 0) ^ byte;
    const base = (n + 1) * 256 + (at & 0xff);
    bases.set(node, base);
    const place = places.get(node);
    units[at] = offset(at, base) | byte | (place === undefined ? 0 : 0x100);
    if (place !== undefined) units[base] = place | 0x80000000;
  }
  const head = Buffer.alloc(4);
  head.writeUInt32LE(units.length * 4);
  return Buffer.concat([head, Buffer.from(units.buffer), ...values]).toString('base64');
}
