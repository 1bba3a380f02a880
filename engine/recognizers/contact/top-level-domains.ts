/**
 * Top-level domains as far as mail is seen under them: all of the two-letter country codes (IANA), the generic ones in
 * common use, and those that documentation reserves (RFC 2606). Internationalised ones count by their `xn--` prefix or
 * by being written in another script.
 */

const COUNTRIES = `ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb
gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh
ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my
mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg
sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve
vg vi vn vu wf ws ye yt za zm zw`;

const GENERIC = `academy accountants adult aero africa agency amsterdam apartments app architect army art arpa asia
associates attorney auction audio auto baby band bank bar bargains bayern beauty beer berlin best bet bid bike bio biz
black blog blue boston boutique broker brussels build builders business cab cafe cam camera camp capital cards care
career careers cars casa cash casino cat catering center ceo charity chat cheap church city claims cleaning click clinic
clothing cloud club coach codes coffee college cologne com community company computer condos construction consulting
contact contractors cooking cool coop corp country coupons courses credit cricket cruises cyou dance data date dating
day deals degree delivery democrat dental dentist design dev diamonds diet digital direct directory discount dog domains
earth edu education email energy engineer engineering enterprises equipment estate events example exchange expert
exposed express family fan fans farm fashion film finance financial fish fit fitness flights florist flowers foo
football forsale foundation fun fund furniture futbol fyi gallery game games garden gay gift gifts gives glass global
gmbh gold golf goog google gov graphics gratis green group guide guru hamburg haus health healthcare help hiphop hockey
holdings holiday home homes horse hospital host hosting house how icu immo inc industries info ink institute insurance
insure int international invalid invest investments irish istanbul jetzt jewelry jobs kaufen kim kitchen koeln land lat
law lawyer lease legal life lighting limited limo link live llc loan loans local lol london love ltd luxury madrid
management marketing market markets mba media melbourne memorial men menu miami mil mobi moda moe money monster mortgage
moscow museum music name navy net network news ngo ninja nrw nyc one onl online ooo org organic page paris partners parts
party pet pharmacy phd photo photography photos physio pics pictures pink pizza place plumbing plus poker porn post press
pro productions promo properties property pub quebec quest recipes red rehab reise reisen rent rentals repair report
republican rest restaurant review reviews rich rip rocks rodeo ruhr run sale salon sarl school schule science scot
security services sexy shop shopping show singles site ski soccer social software solar solutions space sport storage
store stream studio study style sucks supplies supply support surf surgery swiss sydney systems tax taxi team tech
technology tel tennis test theater tickets tienda tips tires tirol today tokyo tools top tours town toys trade trading
training travel university uno vacations vegas ventures vet viajes video villas vin vip vision vlaanderen vodka vote
voyage wales wang watch webcam website wed wedding wien wiki win wine work works world wtf xxx xyz yachts yoga zone`;

const KNOWN = new Set(`${COUNTRIES} ${GENERIC}`.split(/\s+/));

/** The last label of a host, in either case. */
export function isTopLevelDomain(label: string): boolean {
  const lower = label.toLowerCase();
  return KNOWN.has(lower) || /^xn--[a-z0-9-]{2,}$/.test(lower) || /^[^\x00-\x7f]{2,}$/.test(lower);
}
