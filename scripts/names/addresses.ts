/**
 * Postal addresses as 26 countries write them, by forms of our own: %n a house number, %x a name of a street,
 * %t a town, %s a state of the USA, # a digit, @ a capital letter, and a bar where a line may end. Some forms of each
 * country are kept back for measuring.
 */
import type { Random } from './random.ts';

interface Country {
  readonly forms: readonly string[];
  readonly keptBack: readonly string[];
  readonly names: string;
  readonly towns: string;
}

const COUNTRIES: Readonly<Record<string, Country>> = {
  us: {
    forms: [
      '%n %x Street|%t, %s #####',
      '%n %x Ave|Apt. #@|%t, %s #####-####',
      '#### W %x Blvd, Suite ###|%t, %s #####',
      '%n %x Road|%t, %s',
      '%n #th Street NW|%t, %s #####',
      'P.O. Box ####|%t, %s #####',
      '%n %x Drive|%t, %s #####|USA',
      '%n E. %x Pkwy|%t %s #####',
    ],
    keptBack: [
      '%n %x Lane, Unit ##|%t, %s #####',
      '#### %n %x Ct|%t, %s #####',
      '%n %x Terrace, Floor #|%t, %s #####',
      '%n %x Way|%t, %s #####|United States',
    ],
    names:
      'Maple,Oak,Washington,Lincoln,Sunset,Cedar,Lake,Park,Elm,Jefferson,Hill,Main,Pine,Martin Luther King,River,Walnut',
    towns:
      'Springfield,Austin,Denver,Portland,Salt Lake City,Boise,Tampa,Madison,St. Louis,Fort Worth,Columbus,Nashville',
  },
  ca: {
    forms: [
      '%n %x Street|%t, ON @#@ #@#',
      '%n rue %x|%t (Québec) @#@ #@#',
      '##-#### %x Avenue|%t, BC @#@ #@#',
      '%n %x Crescent|%t, AB @#@ #@#|Canada',
    ],
    keptBack: ['%n %x Road, Unit #|%t ON @#@#@#', '%n boul. %x|%t QC @#@ #@#'],
    names: 'King,Queen,Yonge,Sherbrooke,Granville,Bloor,Saint-Denis,Dundas,Robson,Laurier',
    towns: 'Toronto,Vancouver,Montréal,Calgary,Ottawa,Halifax,Québec,Winnipeg',
  },
  gb: {
    forms: [
      '%n %x Road|%t|@@# #@@',
      'Flat #, %n %x Street|%t @@## #@@',
      '%n %x Close|%t @## #@@|United Kingdom',
      '%x House|%n %x Lane|%t|@@# #@@',
      '%n %x Gardens|London @@# #@@',
      'Unit #, %x Industrial Estate|%t|@@## #@@',
    ],
    keptBack: [
      '%n %x Avenue, %t, @@# #@@',
      'The Old Rectory|%x Lane|%t @@## #@@',
      '%n %x Mews|%t|@# #@@',
      '%n@ %x Terrace|%t @@# #@@',
    ],
    names: 'Victoria,Church,Station,Kings,Albert,Queens,Mill,High,Manor,Windsor,Baker,Green,Elgin,Rose',
    towns: 'Leeds,Bristol,Reading,York,Cambridge,Brighton,Milton Keynes,Stoke-on-Trent,Glasgow,Cardiff',
  },
  ie: {
    forms: ['%n %x Road|%t|Co. Cork|@## @###', '%n %x Street|Dublin #', '%n %x Park|%t|@## @@##|Ireland'],
    keptBack: ['Apartment #, %n %x Quay|Dublin ##|@## @###', '%n %x Avenue|%t|Co. Galway'],
    names: "O'Connell,Grafton,Patrick,Merrion,Ormond,Dawson,Parnell,Harcourt",
    towns: 'Cork,Galway,Limerick,Sligo,Ennis',
  },
  au: {
    forms: [
      '%n %x Street|%t NSW ####',
      'Unit #/%n %x Road|%t VIC ####',
      '%n %x Parade|%t QLD ####|Australia',
      '#/## %x Avenue|%t WA ####',
    ],
    keptBack: ['Level #, %n %x Street|%t NSW ####', '%n %x Crescent, %t SA ####'],
    names: 'George,Pitt,Collins,Bourke,Elizabeth,Flinders,Murray,Beach,Victoria',
    towns: 'Sydney,Melbourne,Brisbane,Perth,Bondi Beach,Parramatta,Geelong,Surry Hills',
  },
  nz: {
    forms: ['%n %x Street|%t ####', '%n %x Road|RD #|%t ####|New Zealand'],
    keptBack: ['%n@ %x Terrace|%t ####'],
    names: 'Queen,Lambton,Cuba,Ponsonby,Moorhouse,Great North',
    towns: 'Auckland,Wellington,Christchurch,Hamilton,Dunedin',
  },
  in: {
    forms: [
      '%n, %x Road|%t - ######',
      'Flat No. ###, %x Apartments|%x Nagar|%t ######',
      '%n/## %x Marg|%t ######|India',
      'Plot No. ##, Sector ##|%t - ######',
    ],
    keptBack: [
      '#-#-###/#, %x Colony|%t, Telangana ######',
      'House No. %n, %x Layout|%t ######',
      '##, #st Cross, %x|%t ######',
    ],
    names: 'Mahatma Gandhi,Nehru,Shivaji,Lal Bahadur,Koramangala,Indira,Ashoka,Brigade,Vivekananda',
    towns: 'Mumbai,Bengaluru,New Delhi,Chennai,Hyderabad,Pune,Kolkata,Jaipur',
  },
  za: {
    forms: ['%n %x Street|%t|####', '%n %x Road|%t|Cape Town|####'],
    keptBack: ['Unit #, %n %x Avenue|%t, ####'],
    names: 'Long,Nelson Mandela,Jan Smuts,Rivonia,Kloof,Oxford',
    towns: 'Johannesburg,Durban,Sandton,Pretoria,Stellenbosch',
  },
  de: {
    forms: [
      '%xstraße %n|##### %t',
      '%xstr. %na|D-##### %t',
      'Am %x %n|##### %t',
      '%x Allee %n|##### %t|Deutschland',
      '%xweg %n|##### %t',
      '%x-Straße %n, ## Stock|##### %t',
      'Postfach ## ## ##|##### %t',
      '%x-Ring %n|##### %t',
    ],
    keptBack: [
      '%xgasse %n|##### %t',
      '%xplatz %n|##### %t',
      'An der %x %n|##### %t',
      '%x Straße %n, Hinterhaus|##### %t',
      '%xdamm %nb|##### %t',
    ],
    names: 'Haupt,Garten,Linden,Schiller,Goethe,Berg,Kirch,Bahnhof,Mozart,Rosen,Berliner,Birken,Mühlen,Friedrich',
    towns:
      'Berlin,München,Köln,Frankfurt am Main,Leipzig,Bad Homburg,Düsseldorf,Freiburg im Breisgau,Halle (Saale),Kiel',
  },
  at: {
    forms: ['%xgasse %n/#/##|#### %t', '%xstraße %n|A-#### %t', '%x Ring %n|#### %t|Österreich'],
    keptBack: ['%xweg %n/Top #|#### %t', '%xplatz %n, Stiege #|#### %t'],
    names: 'Mariahilfer,Neubau,Land,Josef,Linzer,Schubert,Kärntner',
    towns: 'Wien,Graz,Linz,Salzburg,Innsbruck,St. Pölten',
  },
  ch: {
    forms: ['%xstrasse %n|#### %t', 'Rue de %x %n|#### %t', 'Via %x %n|#### %t', '%xweg %n|CH-#### %t'],
    keptBack: ['%xgasse %n, Postfach|#### %t', 'Chemin des %x %n|#### %t|Schweiz'],
    names: 'Bahnhof,Lausanne,Luzerner,Nassa,See,Roses,Sonnen,Genève',
    towns: 'Zürich,Genève,Bern,Lugano,Basel,Winterthur,La Chaux-de-Fonds',
  },
  fr: {
    forms: [
      '%n rue de %x|##### %t',
      '%n bis, avenue %x|##### %t',
      '%n boulevard %x|##### %t|France',
      '%n, allée des %x|##### %t',
      'Résidence %x, bât. @|%n rue %x|##### %t',
      "%n place de l'%x|##### %t Cedex",
    ],
    keptBack: [
      '%n chemin du %x|##### %t',
      '%n ter rue %x|##### %t',
      '%n quai %x, #e étage|##### %t',
      '%n impasse des %x|##### %t',
    ],
    names: 'Paris,Victor Hugo,la République,Jean Jaurès,Lilas,Église,Moulin,la Gare,Général de Gaulle,Pasteur,Tilleuls',
    towns: 'Paris,Lyon,Marseille,Toulouse,Saint-Étienne,Aix-en-Provence,Nantes,Le Havre',
  },
  be: {
    forms: ['%xstraat %n|#### %t', 'Rue de %x %n bte #|#### %t', '%xlaan %n|B-#### %t|België'],
    keptBack: ['%xsteenweg %n bus #|#### %t', 'Avenue %x %n|#### %t'],
    names: 'Kerk,Louise,Stations,Loi,Molen,Park,Gentse,Namur',
    towns: 'Brussel,Antwerpen,Gent,Liège,Namur,Louvain-la-Neuve',
  },
  nl: {
    forms: [
      '%xstraat %n|#### @@ %t',
      '%xlaan %n-#|#### @@ %t',
      '%xgracht %n hs|#### @@ %t',
      '%xweg %na|####@@ %t|Nederland',
      '%xplein %n|#### @@ %t',
    ],
    keptBack: ['%xkade %n|#### @@ %t', '%xdijk %n bis|#### @@ %t', 'Van %xsingel %n|#### @@ %t'],
    names: 'Keizers,Dorps,Prins Hendrik,Molen,Kerk,Beethoven,Wilhelmina,Juliana,Heren',
    towns: 'Amsterdam,Rotterdam,Den Haag,Utrecht,Alphen aan den Rijn,Eindhoven',
  },
  es: {
    forms: [
      'Calle %x, %n|##### %t',
      'C/ %x %n, #º @|##### %t',
      'Avda. de %x, %n|##### %t',
      'Plaza %x %n|##### %t|España',
      'Paseo de %x, nº %n, piso #|##### %t',
    ],
    keptBack: ['Carrer de %x, %n, #r #a|##### %t', 'Camino %x s/n|##### %t', 'Ronda de %x %n, escalera @|##### %t'],
    names: 'Mayor,Alcalá,Serrano,Cervantes,la Constitución,Gracia,Goya,Real,San Juan',
    towns: 'Madrid,Barcelona,Sevilla,Valencia,San Sebastián,Las Palmas de Gran Canaria,Málaga',
  },
  pt: {
    forms: ['Rua %x, %n|####-### %t', 'Avenida %x, nº %n, #º Esq.|####-### %t', 'Travessa %x %n|####-### %t|Portugal'],
    keptBack: ['Largo %x, %n|####-### %t', 'Praceta %x, Lote #|####-### %t'],
    names: 'Augusta,da Liberdade,Dom Pedro,das Flores,do Carmo,25 de Abril',
    towns: 'Lisboa,Porto,Braga,Coimbra,Vila Nova de Gaia',
  },
  br: {
    forms: [
      'Rua %x, %n|Centro|%t - SP|#####-###',
      'Av. %x, %n, apto ##|%t/RJ|CEP #####-###',
      'Alameda %x, %n - Jardim Paulista, %t - SP, #####-###',
    ],
    keptBack: ['Travessa %x, %n, Bloco @|%t - MG|#####-###', 'Rodovia %x, km ##|%t - PR|#####-###'],
    names: 'Paulista,das Palmeiras,XV de Novembro,Santos Dumont,Brasil,São João,Tiradentes',
    towns: 'São Paulo,Rio de Janeiro,Belo Horizonte,Curitiba,Porto Alegre',
  },
  mx: {
    forms: [
      'Calle %x %n, Col. Centro|##### %t, CDM%x',
      'Av. %x No. %n Int. #|Col. Roma Norte|C.P. ##### %t',
      'Blvd. %x %n|##### %t, Jal.',
    ],
    keptBack: ['Calzada %x #%n, Colonia Del Valle|%t, N.L., C.P. #####', 'Privada %x %n|Fracc. Las Lomas|##### %t'],
    names: 'Reforma,Juárez,Insurgentes,Hidalgo,Morelos,5 de Mayo,Benito Juárez',
    towns: 'Ciudad de México,Guadalajara,Monterrey,Puebla,Querétaro',
  },
  it: {
    forms: [
      'Via %x, %n|##### %t (RM)',
      'Viale %x %n|##### %t MI',
      'Piazza %x, %n|##### %t|Italia',
      'Corso %x %n/@|##### %t',
      'Via %x %n, int. #|##### %t',
    ],
    keptBack: ['Largo %x, %n|##### %t (TO)', 'Vicolo %x %n, scala @|##### %t', 'Strada %x %n|##### %t'],
    names: 'Roma,Giuseppe Verdi,Garibaldi,Dante Alighieri,Cavour,Vittorio Emanuele II,XX Settembre,della Repubblica',
    towns: 'Roma,Milano,Torino,Napoli,Reggio Emilia,Bologna,La Spezia',
  },
  pl: {
    forms: ['ul. %x %n|##-### %t', 'ul. %x %n/##|##-### %t', 'al. %x %n m. #|##-### %t|Polska'],
    keptBack: ['os. %x %n/##|##-### %t', 'pl. %x %n|##-### %t'],
    names: 'Mickiewicza,Długa,Marszałkowska,Jana Pawła II,Kościuszki,Piłsudskiego,Słoneczna',
    towns: 'Warszawa,Kraków,Łódź,Wrocław,Poznań,Gdańsk',
  },
  cz: {
    forms: ['%x %n|### ## %t', '%x %n/##|### ## %t #', 'ul. %x %n|### ## %t|Česká republika'],
    keptBack: ['nám. %x %n|### ## %t', '%x ####/##, ### ## %t'],
    names: 'Vinohradská,Masarykova,Na Příkopě,Husova,Dlouhá,Palackého',
    towns: 'Praha,Brno,Ostrava,Plzeň,Hradec Králové',
  },
  se: {
    forms: ['%xgatan %n|### ## %t', '%xvägen %n@|### ## %t', '%x gata %n, lgh ####|### ## %t|Sverige'],
    keptBack: ['%xgränd %n|### ## %t', '%xtorget %n|SE-### ## %t'],
    names: 'Drottning,Kungs,Sankt Eriks,Stor,Björk,Vasa,Skol',
    towns: 'Stockholm,Göteborg,Malmö,Uppsala,Västerås',
  },
  no: {
    forms: ['%xgata %n|#### %t', '%x vei %n@|#### %t|Norge', '%xveien %n|#### %t'],
    keptBack: ['%xsvingen %n|#### %t', '%x allé %n|NO-#### %t'],
    names: 'Stor,Karl Johans,Kirke,Henrik Ibsens,Skole,Bjørnsons',
    towns: 'Oslo,Bergen,Trondheim,Stavanger',
  },
  dk: {
    forms: ['%xgade %n, #. tv|#### %t', '%xvej %n|#### %t', '%x Allé %n, #. th.|DK-#### %t|Danmark'],
    keptBack: ['%xstræde %n, st. mf|#### %t', '%x Boulevard %n|#### %t'],
    names: 'Nørre,Vester,H.C. Andersens,Strand,Istedgade,Bredgade,Skov',
    towns: 'København K,Aarhus C,Odense,Aalborg',
  },
  fi: {
    forms: ['%xkatu %n|##### %t', '%xtie %n @ ##|##### %t', '%xkatu %n as. #|##### %t|Suomi'],
    keptBack: ['%xpolku %n @|##### %t', '%xkuja %n|FI-##### %t'],
    names: 'Mannerheimin,Aleksanterin,Hämeen,Koulu,Kauppa,Ranta',
    towns: 'Helsinki,Tampere,Turku,Espoo',
  },
  tr: {
    forms: [
      '%x Caddesi No: %n|##### %t',
      '%x Mah. %x Sok. No:%n D:#|##### Kadıköy/%t',
      '%x Cad. %n/#|##### %t|%türkiye',
    ],
    keptBack: ['%x Bulvarı No: %n Kat: #|##### Çankaya/%t', '%x Sokak %n|%t #####'],
    names: 'İstiklal,Atatürk,Bağdat,Cumhuriyet,İnönü,Gazi',
    towns: 'İstanbul,Ankara,İzmir,Bursa',
  },
  hu: {
    forms: ['%x utca %n.|#### %t', '#### %t, %x út %n. #. em. #.', '%x u. %n.|#### %t|Magyarország'],
    keptBack: ['#### %t, %x tér %n.', '%x körút %n. fszt. #|#### %t'],
    names: 'Petőfi,Kossuth Lajos,Váci,Rákóczi,Andrássy,Erzsébet',
    towns: 'Budapest,Debrecen,Szeged,Pécs',
  },
};

export const ADDRESS_COUNTRIES: readonly string[] = Object.keys(COUNTRIES);

const STATES = 'AL,AZ,CA,CO,FL,GA,IL,MA,MI,NY,OH,OR,PA,TX,WA,WI,UT,NC,VA,NJ'.split(',');

function fillIn(form: string, { names, towns }: Country, random: Random): string {
  const number = String(1 + random.below(random.isWithin(0.8) ? 190 : 2500));
  return form.replace(/%[nxts]|[#@]/g, (sign) => {
    if (sign === '%n') return number;
    if (sign === '%x') return random.oneOf(names.split(','));
    if (sign === '%t') return random.oneOf(towns.split(','));
    if (sign === '%s') return random.oneOf(STATES);
    return sign === '#' ? String(1 + random.below(9)) : random.oneOf([...'ABCDEGHKLMNPRSTW']);
  });
}

/** `which`: `training` takes the first forms of a country, `kept-back` the last. Lines are joined as given. */
export function makeAddress(country: string, which: 'training' | 'kept-back', random: Random, joint: string): string {
  const own = COUNTRIES[country];
  if (own === undefined) throw new Error(`no address forms of ${country}`);
  return fillIn(random.oneOf(which === 'training' ? own.forms : own.keptBack), own, random).replaceAll('|', joint);
}
