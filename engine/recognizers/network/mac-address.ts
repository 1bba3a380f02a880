/** MAC addresses (IEEE 802, EUI-48): six pairs with colons or dashes, or Cisco's three groups with dots. Broadcast and all-zero are none. */

import { byteAt, isHex, isWord, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const CONTEXT =
  contextWords(`mac, ethernet, ether, hwaddr, hardware, bluetooth, wifi, wlan, bssid, link, arp, nic, device, dhcp,
lladdr`);

/** Whether `groups` groups of `size` hexadecimal digits with `joint` between them begin at `from`. */
function isGrouped(text: Uint8Array, from: number, groups: number, size: number, joint: number): boolean {
  for (let group = 0; group < groups; group++) {
    const at = from + group * (size + 1);
    for (let k = 0; k < size; k++) if (!isHex(byteAt(text, at + k))) return false;
    if (group < groups - 1 && byteAt(text, at + size) !== joint) return false;
  }
  return true;
}

export const macAddress: Recognizer = {
  name: 'mac-address',
  entity: 'MAC_ADDRESS',
  category: 'network',
  countries: [],
  cues: [
    { literal: ':', againAt: 3, inHex: true },
    { literal: '-', againAt: 3, inHex: true },
    { literal: '.', againAt: 5, inHex: true },
  ],
  context: CONTEXT,
  findAtCue(passage: Passage, at: number): void {
    const text = passage.text;
    const joint = text[at] ?? 0;
    const size = joint === 0x2e ? 4 : 2;
    const groups = joint === 0x2e ? 3 : 6;
    const start = at - size;
    if (start < 0 || !isGrouped(text, start, groups, size, joint)) return;
    const end = start + groups * (size + 1) - 1;
    if (touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
    if (byteAt(text, start - 1) === joint || (byteAt(text, end) === joint && isHex(byteAt(text, end + 1)))) return;
    const digits = passage.ascii(start, end).replace(/[:.-]/g, '').toLowerCase();
    if (/^(.)\1+$/.test(digits)) return;
    const hasLetter = /[a-f]/.test(digits);
    // Six pairs of digits may be a date and time, three groups of four a number.
    if (joint === 0x3a) passage.report(macAddress, start, end, hasLetter ? 0.8 : 0.5, 0.95);
    else if (joint === 0x2d) passage.report(macAddress, start, end, hasLetter ? 0.75 : 0.3, 0.9);
    else passage.report(macAddress, start, end, hasLetter && /\d/.test(digits) ? 0.4 : 0.1, 0.8);
  },
  hits: [
    { text: 'ether 00:1a:2b:3c:4d:5e txqueuelen', value: '00:1a:2b:3c:4d:5e', atLeast: 0.8 },
    { text: '00-1A-2B-3C-4D-5E', value: '00-1A-2B-3C-4D-5E' },
    { text: 'mac 001a.2b3c.4d5e dynamic', value: '001a.2b3c.4d5e' },
    { text: '"bssid":"a4:5e:60:c2:19:0f"', value: 'a4:5e:60:c2:19:0f' },
  ],
  misses: [
    { text: 'ff:ff:ff:ff:ff:ff' },
    { text: '00:00:00:00:00:00' },
    { text: '00:1a:2b:3c:4d:5e:6f:70' },
    { text: 'at 12:34:56' },
    { text: '00-1A-2B-3C-4D' },
    { text: 'x00:1a:2b:3c:4d:5e' },
    { text: '12-34-56-78-90-12' },
    { text: 'SHA1 fingerprint aa:bb:cc:dd:ee:ff:00:11:22:33' },
  ],
};
