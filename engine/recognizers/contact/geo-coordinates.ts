/** Places on the globe: a pair of decimal degrees, or one behind its name. */
import { byteAt, isAlnum, isDigit, numberIn } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { namedValue } from '../../scan/named-value.ts';
import { DOT, type NumberChain } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The longitude behind a latitude: a comma or spaces, a sign, degrees. */
const LONGITUDE = /^(?: ?[NS])?[,;]? {0,2}(-?)(\d{1,3})\.(\d{3,10})(?: ?[EW])?(?!\d|\.\d|[A-Za-z_])/;
/** Decimals without which a pair is as likely anything: three are a hundred metres. */
const DECIMALS = 3;

export const geoCoordinates: Recognizer = {
  name: 'geo-coordinates',
  entity: 'GEO_COORDINATES',
  category: 'personal',
  countries: [],
  numbers: {
    minDigits: 4,
    maxDigits: 12,
    minGroups: 2,
    maxGroups: 2,
    sizes: [1, 2].flatMap((whole) => [3, 4, 5, 6, 7, 8, 9, 10].map((decimals) => `${whole}-${decimals}`)),
    separators: DOT,
  },
  context:
    contextWords(`coordinates, coordinate, coords, coord, gps, lat, latitude, lon, lng, long, longitude, location, located,
position, geo, geolocation, geopoint, map, maps, latlng, latlong, koordinaten, standort, coordenadas, ubicación, ubicacion,
coordonnées, coordonnees, coordinate gps, geotag, exif, waypoint`),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    if (chain.separators[first] !== DOT || chain.digits(first) > 2 || chain.digits(last) < DECIMALS) return;
    const text = passage.text;
    const next = byteAt(text, chain.end(last));
    if (next !== 0x2c && next !== 0x20 && next !== 0x3b) return;
    if (numberIn(text, chain.start(first), chain.end(first)) > 90) return;
    const from = chain.end(last);
    const found = LONGITUDE.exec(passage.ascii(from, Math.min(text.length, from + 28)));
    if (found === null || Number(found[2]) > 180) return;
    const before = byteAt(text, chain.start(first) - 1);
    const isNegative = before === 0x2d && !isAlnum(byteAt(text, chain.start(first) - 2));
    // One of three or more numbers is a vector, not a place.
    if (before === 0x2e || (before === 0x2d && !isNegative)) return;
    const start = chain.start(first) - (isNegative ? 1 : 0);
    if (/\d, ?$/.test(passage.ascii(Math.max(0, start - 3), start))) return;
    const end = from + found[0].length;
    if (byteAt(text, end) === 0x2c && (isDigit(byteAt(text, end + 1)) || isDigit(byteAt(text, end + 2)))) return;
    passage.report(geoCoordinates, start, end, 0.35, 0.75);
  },
  hits: [
    { text: 'coordinates: 48.8566, 2.3522', value: '48.8566, 2.3522' },
    { text: '{"location":"-33.8688,151.2093"}', value: '-33.8688,151.2093' },
    { text: 'ubicación 19.4326 -99.1332', value: '19.4326 -99.1332' },
    { text: 'Its location is 48.8566, 2.3522. We met there.', value: '48.8566, 2.3522' },
  ],
  misses: [
    { text: '48.8566, 2.3522' },
    { text: 'position 0.1234, 0.2345, 0.3456' },
    { text: 'location 98.8566, 2.3522' },
    { text: 'map 1.2, 3.4' },
  ],
};

export const geoNamed = namedValue({
  name: 'geo-named',
  entity: 'GEO_COORDINATES',
  category: 'personal',
  countries: [],
  names: ['latitude', 'longitude', 'lat', 'lng', 'lon', 'breitengrad', 'längengrad', 'latitud', 'longitud'],
  isSigned: true,
  value: '-?(?:1[0-7]\\d|\\d{1,2})\\.\\d{3,15}(?![.\\d])',
  score: 0.6,
  hits: [
    { text: 'latitude: 48.8566', value: '48.8566' },
    { text: '{"lng": -99.1332}', value: '-99.1332' },
    { text: 'latitud 19.43260', value: '19.43260' },
    { text: '151.2093', label: 'lon', value: '151.2093' },
  ],
  misses: [{ text: '48.8566' }, { text: 'latitude: 48.8' }, { text: 'lat: 248.8566' }, { text: 'flat: 48.8566' }],
});
