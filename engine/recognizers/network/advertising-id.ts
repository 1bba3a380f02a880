/**
 * UUIDs (RFC 9562), and among them those that name a device to advertisers (IDFA, AAID). A UUID alone names anything, so it
 * stays low whatever stands near it; an advertising id needs its name.
 */
import { byteAt, isHex, isWord, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LENGTH = 36;
/** Where its groups of digits end. */
const ENDS = [8, 13, 18, 23, LENGTH];
const ADVERTISING =
  contextWords(`idfa, idfv, gaid, aaid, adid, ifa, rdid, msai, advertising id, advertiser id, advertising identifier,
ad id, advertisingid, google advertising id, identifier for advertisers, device advertising id, mobile ad id`);

const example = '6d92078a-8246-4ba4-ae5b-76104861e7dc';

/** Whether a UUID of a known version and variant, neither all zero nor all one, begins at `start`. */
function isUuid(text: Uint8Array, start: number): boolean {
  if (start + LENGTH > text.length) return false;
  const version = byteAt(text, start + 14);
  if (version < 0x31 || version > 0x38) return false;
  const first = byteAt(text, start);
  let isMixed = false;
  let from = start;
  for (const end of ENDS) {
    for (; from < start + end; from++) {
      const byte = text[from] as number;
      if (!isHex(byte)) return false;
      if (byte !== first) isMixed = true;
    }
    if (end < LENGTH && text[from++] !== 0x2d) return false;
  }
  return isMixed;
}

export const advertisingId: Recognizer = {
  name: 'advertising-id',
  entity: 'ADVERTISING_ID',
  category: 'network',
  countries: [],
  alsoEntity: 'UUID',
  cues: [{ literal: '-', againAt: 5, inHex: true }],
  context: ADVERTISING,
  findAtCue(passage: Passage, dash: number): void {
    const text = passage.text;
    const start = dash - 8;
    const end = start + LENGTH;
    // The first dash of four: the second is nine bytes behind the next group's.
    if (start < 0 || byteAt(text, dash + 10) !== 0x2d || byteAt(text, dash + 15) !== 0x2d) return;
    if (!isUuid(text, start) || touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
    if (byteAt(text, start - 1) === 0x2d || byteAt(text, end) === 0x2d) return;
    if (passage.hasContext(start, end, ADVERTISING)) passage.report(advertisingId, start, end, 0.8);
    else passage.report(uuid, start, end, 0.2);
  },
  hits: [
    { text: `IDFA: ${example.toUpperCase()}`, value: example.toUpperCase() },
    { text: `{"advertising_id":"${example}"}`, value: example },
    { text: example, label: 'gaid', value: example },
  ],
  misses: [
    { text: `request ${example}` },
    { text: 'idfa 00000000-0000-0000-0000-000000000000' },
    { text: `idfa ${example}-1` },
  ],
};

/** Found by `advertisingId`, which looks at every UUID once. */
export const uuid: Recognizer = {
  name: 'uuid',
  entity: 'UUID',
  category: 'network',
  countries: [],
  hits: [{ text: `trace ${example} ended`, value: example, atLeast: 0.2 }],
  misses: [{ text: `trace ${example} ended` }, { text: 'user id 6d92078a-8246-4ba4-ae5b-76104861e7dc' }],
};
