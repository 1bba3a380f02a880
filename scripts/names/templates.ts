/**
 * Sentences with places for personal data, written for this project, by language. Every fifth of a language is kept back:
 * the tagger is measured on it and never trained with it.
 */

export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'nl' | 'pt' | 'pl' | 'sv';

const EN = String.raw`
My name is {name} and I live in {city}.
Hi, this is {name} from {company}, can you call me back on {phone}?
Please send the contract to {name} at {address}.
{name} was born in {city} on {date} and moved to {country} in {year}.
Could you update my address? It used to be {address}, now it is {address}.
I met {first} at the office in {city} yesterday and {first} asked about the invoice.
Dear {first},\n\nThank you for your order. It will be shipped to:\n\n{name}\n{address_lines}\n\nKind regards,\n{name}\n{company}
The patient, {name}, was admitted to {hospital} with chest pain on {date}.
{company} announced on {weekday} that {name} will succeed {name} as {job}.
Forwarded from {name} <{email}>: the meeting in {city} is off.
{name}, {job} at {company}, declined to comment.
Name: {name}\nAddress: {address}\nPhone: {phone}\nEmail: {email}
Customer {name} ({email}) reports that card {card} was charged twice by {company}.
Ship to {name}, {address}. Call {phone} on arrival.
According to {last}, the results from {country} are better than expected.
Mr. {last} and Mrs. {last} have an appointment at {hospital} in {city}.
We are flying from {city} to {city} on {date}, then driving on to {city}.
I used to work for {company} before I joined {company} in {year}.
{first} and {first} are getting married in {city} next {month}!
can you tell {first_lower} that {first_lower} needs to call back at {phone}
Account holder: {name}\nIBAN: {iban}\nBank: {bank}
The suspect was identified as {name}, {age}, of {city}, {state}.
Attendees: {name}, {name}, {name} and {name}
{name} lives at {address} with {name}.
Please summarise the complaint by {name} against {company}.
Write a reference letter for {name}, who studied at {university} from {year} to {year}.
From: {name} <{email}>\nTo: {name} <{email}>\nSubject: Lease for {street}\n\nHi {first},\n\nattached is the lease for {address}.\n\nBest,\n{first}
Meeting notes {date}: {first} will talk to {company}; {first} follows up with {name} in {city}.
My social security number is {ssn} and my name is {name_upper}.
PATIENT: {name_upper}  DOB: {date}  ADDRESS: {address_upper}
{last}, {first} | {email} | {phone} | {city}, {state}
Is there a pharmacy close to {address}?
The delivery for {street} in {city} could not be completed because nobody was home.
He moved from {country} to {country} when he was {age}.
{company} is headquartered in {city}, {country}, and employs {int} people.
The agreement is made between {company}, a company registered in {country} ("Supplier"), and {company} ("Customer").
Translate this for {first}: I would like to book a table for two.
Hello, I'm {name}. My booking from {city} to {city} under reference {code} is wrong.
{name} (born {date}) holds passport {code} issued by {country}.
Sincerely,\n{name}\n{job}\n{company}\n{address_lines}\n{phone}
I've been a customer of {bank} for {int} years, account {iban}.
The weather in {city} was awful, so {first} stayed in {city}.
please transfer {amount} to {name} {iban}
{name}'s email is {email} and {first}'s manager is {name}.
Who is the CEO of {company}?
Employee {int}: {name}, {job}, {city} office, salary {amount}
On {date}, {name} of {address} signed the lease.
The house at {address} was sold to {name} for {amount}.
Emergency contact: {name} ({phone}), lives in {city}
Dr. {last} will see {name} at {hospital} on {date}.
I need directions from {address} to {address}.
{first} {last} and {first} {last} founded {company} in {city} in {year}.
Please remind {first} to bring the documents for {name} on {weekday}.
The court in {city} ruled in favour of {name} v. {company}.
{country} and {country} signed a trade deal in {city} on {weekday}.
Our supplier {company} from {city} sent the goods to {street}, {city}.
If {first} calls, tell him that {name} is at {hospital}.
The article was written by {name} for the {newspaper}.
@{user} have you seen what {name} said about {company}?
My mother {name} was born in {city}, {country}.
Invoice {code}\nBill to:\n{company}\n{address_lines}\nAttn: {name}
Order from {name}: deliver to {address} between 9 and 12.
{name} plays for {team} and grew up in {city}.
{team} beat {team} in {city} on {weekday}.
Our tenant at {address}, {name}, is three months behind.
{weekday}'s call with {first} from {company} went well; {first} wants to see {city} next.
Is {name} allergic to penicillin? Her file says {date}.
Complaint by {name_lower}: my flight from {city_lower} was cancelled
i am {name_lower} and i live at {address_lower}
Hi {first},\nyour parcel waits at {street}.\nThanks, {first}
Interviewer: {name}\nCandidate: {name}\nLocation: {city}
She left {company} to join {company}, {last} said.
The {agency} fined {company} {amount} after a complaint from {name}.
{name} teaches at the {university}.
Contact {first} {last} at {email} or {phone}.
The flat belongs to {name}, who rents it to {name} since {date}.
Send flowers to {first} at {hospital}, room {int}.
The witness, {title_name}, told the {agency} that {title_name} was in {city}.
Passenger {last}/{first} from {city} to {city} seat {code}
{address}\n{city}\nAttn {name}
{company}, {address}, tel. {phone}
My neighbours, the {last}s, moved to {city}.
Tell me about the history of {city} and of {country}.
{name} and his wife {first} have two children, {first} and {first}.
CV: {name}, {city}. {job} at {company} ({year}-{year}), {job} at {company} since {year}.
Shareholders: {name} ({int}%), {company} ({int}%)
The driver, {name} of {street}, {city}, had a blood alcohol level of 1.2.
The package addressed to {name} was returned from {address}.
User {name} with ID {int} logged in from {city}.
{"first_name": "{first}", "last_name": "{last}", "city": "{city}", "country": "{country}"}
{"customer": {"name": "{name}", "email": "{email}", "address": "{address}", "employer": "{company}"}}
{int},{name},{email},{city},{company}
{first},{last},{phone},"{address}"
INSERT INTO customers VALUES ({int}, '{name}', '{email}', '{city}');
name: {name}\ncity: {city}\nemployer: {company}
[{date}] {name}: has anyone heard from {first}?\n[{date}] {name}: yes, in {city}
Q: Where does {name} live? A: At {address}.
Please review the notes of {title_name} from {hospital}, {city}.
It was {first}'s idea to invite {name} to {city}.
{"name": "{name}", "age": {age}, "city": "{city}"}
{"firstName": "{first}", "lastName": "{last}", "company": "{company}"}
[{"user": "{name}", "country": "{country}"}, {"user": "{name}", "country": "{country}"}]
{"patient": {"given": "{first}", "family": "{last}", "birthPlace": "{city}"}}
{"from": "{city}", "to": "{city}", "passenger": "{name}"}
id,first_name,last_name,city\n{int},{first},{last},{city}\n{int},{first},{last},{city}
name;company;phone\n{name};{company};{phone}\n{name};{company};{phone}
| {name} | {city} | {company} |
<name>{name}</name><city>{city}</city>
first_name={first}&last_name={last}&city={city}
FIRST NAME: {first}\nLAST NAME: {last}\nTOWN: {city}\nCOUNTRY: {country}
{name}\t{email}\t{city}\t{country}
could you ask {first_lower} if {name_lower} is coming to {city_lower} on friday
tell {first_lower} i said hi, and that {name_lower} lives in {city_lower} now
hey {first_lower}, did {first_lower} send you the file from {company}?
hi its {name_lower} here, i need help with my order
my husband {first_lower} and my son {first_lower} both have the flu
why did {last_lower} leave? i thought {name_lower} liked it in {city_lower}
{first}: are you in {city}?\n{first}: no, back in {city} with {first}
Did {first} say when {first} is back?
{first}, please call {first}. It is about {last}'s contract.
{last} said on {weekday} that {last} had agreed to sell {company}.
{last} later joined {company}, where {last} and {last} worked on the project.
In {year}, {last} married {name}, with whom he had {int} children.
{name} ({year} - {year}) was a composer from {city}.
{name}, {name} and {name} wrote the report.
Born in {city} to {name} and {name}, {last} grew up in {country}.
{last} studied in {city} and became professor at the {university} in {year}.
{last}'s lawyer, {name}, said {last} would appeal.
Judge {name} sentenced {last} to {age} months.
President {last} met Prime Minister {last} in {city}.
Coach {last} praised {first} {last} after {team} lost to {team}.
Then {last} passed to {last}, who scored for {team}.
{company} and its chairman {name} are being sued by {company}.
Shares of {company} fell after {bank} cut its rating; {company} was flat.
{company} bought {company} for {amount}, the {newspaper} reported.
I got an offer from {company}, but {company} pays better.
The {agency} and {company} signed a contract; {university} will do the research.
{city} is the largest town in {state}, {country}.
From {city} we drove through {city} and {city} to {country}.
Flights to {city}, {city} and {country} are cancelled.
Live from {city}: storm hits {state}.
The river flows from {country} through {city} into {country}.
Offices: {city}, {city}, {city} and {city}
Regional manager for {state} and {country}
{company} has opened a store in {city}, its first in {country}.
Attn: {name}, {company}, {address}
Attention {title_name}\n{company}\n{address_lines}
My new address is {address}.
I live at {street}, just behind the station.
we meet at {street}, {city}, at 8
Pick up: {address}\nDrop off: {address}
Return to sender: {name}, {address}
Landlord {name}, tenant {name}, property {address}, rent {amount}
Property at {address} owned by {company}.
Patient name: {name}. Address: {address}. Next of kin: {name}, {phone}.
Patient {last} was seen by {title_name}; {last} reports no pain.
{age} year old male, {name}, transferred from {hospital} to {hospital}.
Lab results for {first} {last} are in. Please inform {title_name}.
Referral from {title_name} to {title_name} at {hospital}.
Defendant {last} and plaintiff {company} agree to the following.
WITNESSETH: {company}, {name} and {name} agree as follows.
IN WITNESS WHEREOF\nBy: {name}\nTitle: {job}\nCompany: {company}
Signed: {name}, {city}, {date}
By: /s/ {name}\nName: {name}\nTitle: {job}
Thanks,\n{first}
Best,\n{name}
Regards\n{first} {last}\n{job}, {company}\n{phone}
Hi {first} and {first},\n\nplease meet {name} from {company}.\n\nCheers\n{first}
On {date}, {name} wrote:\n> Is {first} in {city} today?
To: {name}; {name}; {name}\nCc: {name}
RT @{user}: {name} in {city}!
Happy birthday {first}!!! See you in {city}
Just landed in {city} with {first} and {first}
Watching {team} with {first}, {last} is on fire
{name} is so good in this film
Our guide {first} showed us {city} and the rest of {country}.
Order {code} for {name} ({city}) was paid by {company}.
Ticket {code}: {name} cannot log in, assigned to {first}
Reviewer: {name} ({university})
{name} has access to the account of {name}.
Add {name} and {first} to the list, remove {name}.
Write a poem for {first}, who is turning {age}.
Draft an email to {name} at {company} about the delay in {city}.
Who was {name}, and what did {last} do in {city}?
Compare {company} and {company} for me.
Please translate: {first} lives in {city}.
its {first_lower} from {company}, can you send me the invoice
hello this is {name_lower} calling about my booking in {city_lower}
Minister {last} and Chancellor {last} will meet in {city} on {weekday}.
King {first} of {country} visits {city}.
{name} can see the calendar of {first}.
Give {name} access to the folder of {name}.
{first} asked {first} whether {name} had paid.
Plaintiff {name} and defendant {name} settled.
Claimant: {name}\nRespondent: {company}
{country} and {country} have reopened their border near {city}.
Trains to {city}, {city} and {city} run late.
Visa for {country}: {name}, born in {city}
Tenants at {address}: {name} and {first}
My old address was {address}; the new one is {address}.
The witness lives at {address} and works for {company}.
{company} or {company}: which is better?
Compare the shares of {company} and of {company}.
I bank with {bank}, my wife {first} with {bank}.
id,name,city,country\n{int},{name},{city},{country}\n{int},{name},{city},{country}\n{int},{name},{city},{country}
"{last}","{first}","{city}"\n"{last}","{first}","{city}"
{first}\t{last}\t{city}
FAMILY NAME: {last}\nGIVEN NAME: {first}\nPLACE OF BIRTH: {city}\nNATIONALITY: {country}
NAME {name_upper}\nADDRESS {address_upper}
Attn {name}\n{company}\n{city}
{company}\n{address_lines}\nattn {name_lower}
{first}, please tell {first} that the contract of {last} is ready.
Call {last} about {last}'s file.
Ask {first}.
I think {first} knows.
Where is {first}?
`;

const DE = String.raw`
Mein Name ist {name} und ich wohne in {city}.
Sehr geehrte Frau {last},\n\nanbei die Rechnung für {address}.\n\nMit freundlichen Grüßen\n{name}\n{company}
Bitte senden Sie das Paket an {name}, {address}.
Der Patient {name}, geboren am {date} in {city}, wurde im {hospital} behandelt.
{company} mit Sitz in {city} hat {name} zum {job} ernannt.
Herr {last} ruft unter {phone} zurück, er ist gerade in {city}.
Ich habe früher bei {company} in {city} gearbeitet und wohne jetzt in {country}.
Mieter: {name}\nAnschrift: {address}\nIBAN: {iban}
Kannst du {first} sagen, dass {first} morgen nach {city} fährt?
Frau {last} von der {bank} hat sich wegen der Wohnung in der {street} gemeldet.
Die Übergabe findet am {date} in {address} statt, anwesend sind {name} und {name}.
Laut {last} zieht {company} im nächsten Jahr von {city} nach {city}.
Kunde {name} ({email}) beschwert sich über {company}.
Guten Tag, hier spricht {name}, meine Adresse lautet {address}.
Der Vertrag zwischen {company} und {name} endet am {date}.
Die Wohnung in der {street} in {city} gehört {name}.
{first}, kannst du bitte {first} anrufen?
ich heiße {name_lower} und wohne in {city_lower}
{last} wurde in {city} geboren und lebt seit {year} in {country}.
Vorname: {first}\nNachname: {last}\nOrt: {city}
Der Ausflug von {city} nach {city} dauert drei Stunden.
Viele Grüße aus {city}\n{first}
Rechtsanwalt {name} vertritt die {company} vor dem Gericht in {city}.
Herr {name} und Frau {last} arbeiten bei der {company}.
Wie komme ich von {address} nach {city}?
`;
const FR = String.raw`
Je m'appelle {name} et j'habite à {city}.
Bonjour {first},\n\nveuillez envoyer le contrat à {name}, {address}.\n\nCordialement,\n{name}
Madame {last} a rendez-vous à {hospital} le {date}.
{company}, dont le siège est à {city}, a nommé {name} au poste de {job}.
Le patient {name}, né le {date} à {city}, habite au {address}.
Monsieur {last} travaille chez {company} depuis {year}.
Livrer à {name}, {address}, tél. {phone}
{first} part de {city} pour {country} avec {first}.
Client : {name}\nAdresse : {address}\nCourriel : {email}
Selon {last}, la société {company} quitte {city} pour {city}.
L'appartement de {street} à {city} appartient à {name}.
Pouvez-vous rappeler {name} au {phone} ?
Bonjour, je suis {name} et mon adresse est {address}.
Le contrat entre {company} et {name} se termine le {date}.
La maison du {street} à {city} est à {name}.
{first}, peux-tu appeler {first} ?
je m'appelle {name_lower} et je vis à {city_lower}
{last} est née à {city} et vit en {country} depuis {year}.
Prénom : {first}\nNom : {last}\nVille : {city}
Le train de {city} à {city} est en retard.
Bises de {city}\n{first}
Maître {name} représente la société {company} au tribunal de {city}.
M. {name} et Mme {last} travaillent pour {company}.
Comment aller de {address} à {city} ?
`;
const ES = String.raw`
Me llamo {name} y vivo en {city}.
Estimada {first}:\n\nLe envío la factura a {address}.\n\nUn saludo,\n{name}
El paciente {name}, nacido el {date} en {city}, vive en {address}.
{company}, con sede en {city}, ha nombrado a {name} como {job}.
La señora {last} trabaja en {company} desde {year}.
Enviar a {name}, {address}, teléfono {phone}
{first} viaja de {city} a {country} con {first}.
Cliente: {name}\nDirección: {address}\nCorreo: {email}
Según {last}, la empresa {company} se traslada de {city} a {city}.
¿Puede llamar a {name} al {phone}?
El piso de {street} en {city} es de {name}.
Hola, soy {name} y mi dirección es {address}.
El contrato entre {company} y {name} termina el {date}.
La casa de la {street} en {city} pertenece a {name}.
{first}, ¿puedes llamar a {first}?
me llamo {name_lower} y vivo en {city_lower}
{last} nació en {city} y vive en {country} desde {year}.
Nombre: {first}\nApellidos: {last}\nCiudad: {city}
El tren de {city} a {city} llega tarde.
Un abrazo desde {city}\n{first}
El abogado {name} representa a {company} en el tribunal de {city}.
El señor {name} y la señora {last} trabajan en {company}.
¿Cómo voy de {address} a {city}?
`;
const IT = String.raw`
Mi chiamo {name} e abito a {city}.
Gentile {first},\n\nle invio la fattura in {address}.\n\nCordiali saluti,\n{name}
Il paziente {name}, nato a {city} il {date}, risiede in {address}.
{company}, con sede a {city}, ha nominato {name} come {job}.
Il signor {last} lavora per {company} dal {year}.
Spedire a {name}, {address}, tel. {phone}
{first} parte da {city} per {country} con {first}.
Cliente: {name}\nIndirizzo: {address}\nEmail: {email}
Secondo {last}, la società {company} si trasferisce da {city} a {city}.
L'appartamento di {street} a {city} è di {name}.
Buongiorno, sono {name} e il mio indirizzo è {address}.
Il contratto tra {company} e {name} scade il {date}.
La casa di {street} a {city} appartiene a {name}.
{first}, puoi chiamare {first}?
mi chiamo {name_lower} e vivo a {city_lower}
{last} è nata a {city} e vive in {country} dal {year}.
Nome: {first}\nCognome: {last}\nCittà: {city}
Il treno da {city} a {city} è in ritardo.
Un saluto da {city}\n{first}
L'avvocato {name} rappresenta la {company} davanti al tribunale di {city}.
Il signor {name} e la signora {last} lavorano per {company}.
Come arrivo da {address} a {city}?
`;
const NL = String.raw`
Mijn naam is {name} en ik woon in {city}.
Beste {first},\n\nhierbij de factuur voor {address}.\n\nMet vriendelijke groet,\n{name}
De patiënt {name}, geboren op {date} in {city}, woont op {address}.
{company}, gevestigd in {city}, heeft {name} benoemd tot {job}.
Meneer {last} werkt sinds {year} bij {company}.
Bezorgen bij {name}, {address}, tel. {phone}
{first} reist met {first} van {city} naar {country}.
Klant: {name}\nAdres: {address}\nE-mail: {email}
Volgens {last} verhuist {company} van {city} naar {city}.
De woning aan de {street} in {city} is van {name}.
Goedemorgen, u spreekt met {name}, mijn adres is {address}.
Het contract tussen {company} en {name} loopt af op {date}.
Het huis aan de {street} te {city} is eigendom van {name}.
{first}, kun je {first} bellen?
ik heet {name_lower} en ik woon in {city_lower}
{last} is geboren in {city} en woont sinds {year} in {country}.
Voornaam: {first}\nAchternaam: {last}\nPlaats: {city}
De trein van {city} naar {city} heeft vertraging.
Groetjes uit {city}\n{first}
Advocaat {name} staat {company} bij voor de rechtbank in {city}.
De heer {name} en mevrouw {last} werken bij {company}.
Hoe kom ik van {address} naar {city}?
`;
const PT = String.raw`
Meu nome é {name} e moro em {city}.
Prezada {first},\n\nsegue a fatura para {address}.\n\nAtenciosamente,\n{name}
O paciente {name}, nascido em {date} em {city}, mora em {address}.
A {company}, com sede em {city}, nomeou {name} como {job}.
O senhor {last} trabalha na {company} desde {year}.
Enviar para {name}, {address}, telefone {phone}
{first} viaja de {city} para {country} com {first}.
Cliente: {name}\nEndereço: {address}\nE-mail: {email}
Segundo {last}, a empresa {company} muda de {city} para {city}.
O apartamento da {street} em {city} é de {name}.
Bom dia, sou {name} e o meu endereço é {address}.
O contrato entre a {company} e {name} termina em {date}.
A casa da {street}, em {city}, pertence a {name}.
{first}, você pode ligar para {first}?
meu nome é {name_lower} e moro em {city_lower}
{last} nasceu em {city} e vive em {country} desde {year}.
Nome: {first}\nSobrenome: {last}\nCidade: {city}
O trem de {city} para {city} está atrasado.
Abraços de {city}\n{first}
O advogado {name} representa a {company} no tribunal de {city}.
O senhor {name} e a senhora {last} trabalham na {company}.
Como vou de {address} até {city}?
`;
const PL = String.raw`
Nazywam się {name} i mieszkam w mieście {city}.
Szanowna Pani {first},\n\nfaktura została wysłana na adres {address}.\n\nZ poważaniem\n{name}
Pacjent {name}, urodzony {date}, mieszka pod adresem {address}.
Firma {company} z siedzibą w {city} powołała {name} na stanowisko {job}.
Pan {last} pracuje w {company} od {year} roku.
Klient: {name}\nAdres: {address}\nTelefon: {phone}
{first} i {first} jadą z {city} do {country}.
Mieszkanie przy {street} w {city} należy do {name}.
Dzień dobry, mówi {name}, mój adres to {address}.
Umowa między {company} a {name} kończy się {date}.
Dom przy {street} w {city} jest własnością {name}.
{first}, czy możesz zadzwonić do {first}?
nazywam się {name_lower} i mieszkam w {city_lower}
Imię: {first}\nNazwisko: {last}\nMiasto: {city}
Pociąg z {city} do {city} jest spóźniony.
Pan {name} i pani {last} pracują w {company}.
Pozdrowienia z {city}\n{first}
`;
const SV = String.raw`
Jag heter {name} och bor i {city}.
Hej {first},\n\nfakturan skickas till {address}.\n\nMed vänliga hälsningar\n{name}
Patienten {name}, född {date} i {city}, bor på {address}.
{company} i {city} har utsett {name} till {job}.
Kund: {name}\nAdress: {address}\nTelefon: {phone}
Enligt {last} flyttar {company} från {city} till {city}.
God morgon, jag är {name} och min adress är {address}.
Avtalet mellan {company} och {name} löper ut {date}.
Huset på {street} i {city} ägs av {name}.
{first}, kan du ringa {first}?
jag heter {name_lower} och bor i {city_lower}
Förnamn: {first}\nEfternamn: {last}\nOrt: {city}
Tåget från {city} till {city} är försenat.
Herr {name} och fru {last} arbetar på {company}.
Hälsningar från {city}\n{first}
`;

const SOURCES: Readonly<Record<Language, string>> = {
  en: EN,
  de: DE,
  fr: FR,
  es: ES,
  it: IT,
  nl: NL,
  pt: PT,
  pl: PL,
  sv: SV,
};

function linesOf(source: string): readonly string[] {
  return source
    .trim()
    .split('\n')
    .map((line) => line.replaceAll('\\n', '\n'));
}

const LANGUAGES = Object.keys(SOURCES) as readonly Language[];

function chosen(isKeptBack: boolean): ReadonlyMap<Language, readonly string[]> {
  return new Map(
    LANGUAGES.map((language) => [
      language,
      linesOf(SOURCES[language]).filter((_, index) => (index % 5 === 4) === isKeptBack),
    ]),
  );
}

export const TRAINING_TEMPLATES = chosen(false);
export const KEPT_BACK_TEMPLATES = chosen(true);
