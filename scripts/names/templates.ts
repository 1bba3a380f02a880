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

/**
 * Further templates, all for training: names in lower case as they are typed in a chat, tables and objects of other
 * forms, companies of joined names, titles before names.
 */
const FURTHER_EN = String.raw`
hey its {name_lower}, i lost my password
hey this is {first_lower}, any news about my refund?
its {name_lower} again, still waiting for the parcel
this is {name_lower} and i want to cancel my contract
hi {first_lower} here, who is my account manager?
hello {first_lower} here from {city_lower}
im {name_lower}, my order number is {code}
i'm {first_lower} {last_lower} and i need a new card
my name is {name_lower} and i was born in {city_lower}
the name on the booking is {name_lower}
can you ask {name_lower} whether {first_lower} has paid
could you tell {name_lower} that the meeting is at nine
please call {first_lower} back on {phone}
please let {first_lower} know that {first_lower} is sick today
does {first_lower} know that {name_lower} left?
i talked to {first_lower} and {first_lower} about the trip to {city_lower}
i live in {city_lower} and my sister {first_lower} lives in {city_lower}
im flying from {city_lower} to {city_lower} on {weekday}
my boss {name_lower} wants the report by friday
my doctor is {name_lower} in {city_lower}
my neighbour {first_lower} and her brother {first_lower} were there too
who is {name_lower}?
where does {name_lower} live?
what is the phone number of {name_lower} in {city_lower}
did you hear that {name_lower} got fired
i met {name_lower} in {city_lower} last year
{first_lower} can you come to {city_lower} tomorrow
{first_lower} said that {first_lower} would call {last_lower}
{first_lower} and i are in {city_lower} now
{name_lower} works with me in the {city_lower} office
{name_lower} owes me money
{name_lower}, {address_lower}
{name_lower}, {city_lower}, {phone}
from {name_lower} to {name_lower}: call me
thanks, {first_lower}
thank you\n{name_lower}
cheers\n{first_lower}
patient {name_lower} from {city_lower} needs a new appointment
send it to {name_lower} at {address_lower} please
my address is {address_lower}
i moved from {address_lower} to {address_lower}
attn {name_lower}\n{address_lower}
to: {name_lower}, {name_lower}
cc: {name_lower}; {name_lower}
is {first_lower} there? no, {first_lower} went home
write a letter to {name_lower} about the noise in {city_lower}
summarise the chat between {first_lower} and {first_lower}
{"surname": "{last}", "forename": "{first}", "town": "{city}"}
{"contact": "{name}", "location": "{city}", "nation": "{country}"}
{"guests": ["{name}", "{name}"], "venue": "{city}"}
{"name": "{name_lower}", "hometown": "{city_lower}"}
{"forename": "{first_lower}", "surname": "{last_lower}", "town": "{city_lower}"}
{"employee": "{name}", "grade": {int}, "site": "{city}", "since": {year}}
{"origin": "{city}", "destination": "{country}"}
{"a": "{name}", "b": "{company}", "c": "{city}"}
surname,forename,town,nation\n{last},{first},{city},{country}\n{last},{first},{city},{country}
customer,town\n{name},{city}\n{name},{city}\n{name},{city}
no,forename,surname,place\n{int},{first},{last},{city}\n{int},{first},{last},{city}\n{int},{first},{last},{city}
no,customer,place,nation\n{int},{name},{city},{country}\n{int},{name},{city},{country}
no,customer,place\n{int},{name_lower},{city_lower}\n{int},{name_lower},{city_lower}
no;first;last;place\n{int};{first_lower};{last_lower};{city_lower}\n{int};{first_lower};{last_lower};{city_lower}
{int};{last};{first};{city};{date}
{int}\t{name}\t{city}\n{int}\t{name}\t{city}
{int},{first},{last},{city},{country}
{city},{country},{int}
{last},{first},{date},{city}
| {int} | {first} | {last} | {city} | {country} |
- {name} ({city})\n- {name} ({city})
1. {name}, {city}\n2. {name}, {city}
Town: {city}
PLACE: {city}\nSTATE: {state}
Surname {last}\nForename {first}\nTown {city}
President {last} of {country} spoke in {city}.
Princess {first} and Prince {first} visited {city}.
Governor {last} met Mayor {last} of {city}.
Detective {last} questioned {name} in {city}.
{name}\n{job}\n{company}\n{city}
Attn. {name}\n{job}\n{company}
{street}\n{city}\nAttn {name}
{last}, {last} and {last} was founded in {city}.
{last}, {last} & {last} moved to {city}.
{last} and {last} sued {company}.
Is {company} larger than {company}?
{company} has sold {company} to {company}.
{company} hired {name} as {job}.
the {company} office in {city} is closed
I work at {company}, she works at {company}.
The lawyer of {company} called {last}.
i work for {company} in {city_lower}
{first} thinks that {last} lied.
Perhaps {first} has the key.
Nobody asked {first}.
Ask {last} about the contract of {last}.
Call {first}. {last} needs the file.
In {year} {quarter} was still full of them.
since {year} {quarter} has been empty
By {year} {quarter} had changed its mind.
In {year} {city} hosted the games.
in {year} {last} left {company}
By {year} {company} had {int} shops in {country}.
In {year} {first} met {first} in {city}.
ZIP and town: {zip} {city}
Postcode: {zip}, {city}
`;
const FURTHER: Readonly<Record<Language, string>> = {
  en: FURTHER_EN,
  de: String.raw`
hallo hier ist {name_lower} aus {city_lower}
hi ich bins {first_lower}, kannst du {first_lower} anrufen?
mein name ist {name_lower}, ich wohne in {city_lower}
meine adresse ist {address_lower}
kannst du {first_lower} sagen dass {name_lower} angerufen hat
ich war mit {first_lower} in {city_lower}
Nr;Nachname;Vorname;Ort\n{int};{last};{first};{city}\n{int};{last};{first};{city}
Der Zug nach {city} fährt über {city}.
Das Haus in der {street} in {city} wurde an {name} verkauft.
Rechtsanwältin {name} schrieb an die {company}.
{last} sagt, {first} sei schon in {city}.
Grüße aus {city}, {first}
PLZ und Wohnort: {zip} {city}
PLZ/Ort: {zip} {city}
`,
  fr: String.raw`
bonjour c'est {name_lower} de {city_lower}
salut c'est {first_lower}, tu peux appeler {first_lower} ?
je suis {name_lower} et j'habite à {city_lower}
mon adresse est {address_lower}
dis à {first_lower} que {name_lower} a téléphoné
j'étais à {city_lower} avec {first_lower}
Nom;Prénom;Commune\n{last};{first};{city}\n{last};{first};{city}
Le bus de {city} part pour {city}.
La ferme du {street} à {city} est en vente.
Le local du {street} à {city} est loué par {company}.
L'avocate {name} défend {company}.
D'après {last}, {first} est déjà à {city}.
`,
  es: String.raw`
hola soy {name_lower} de {city_lower}
hola soy {first_lower}, puedes llamar a {first_lower}
mi nombre es {name_lower} y vivo en {city_lower}
mi dirección es {address_lower}
dile a {first_lower} que {name_lower} ha llamado
estuve en {city_lower} con {first_lower}
Apellidos;Nombre;Localidad\n{last};{first};{city}\n{last};{first};{city}
El autobús de {city} sale hacia {city}.
Llame a {name} al {phone}, por favor.
La abogada {name} defiende a {company}.
Saludos desde {city}, {first}
La señora {last} vive en {city} con {first}.
`,
  it: String.raw`
ciao sono {name_lower} di {city_lower}
ciao sono {first_lower}, puoi chiamare {first_lower}
sono {name_lower} e abito a {city_lower}
il mio indirizzo è {address_lower}
di' a {first_lower} che {name_lower} ha telefonato
ero a {city_lower} con {first_lower}
Cognome;Nome;Comune\n{last};{first};{city}\n{last};{first};{city}
L'autobus da {city} parte per {city}.
L'avvocata {name} difende {company}.
La casa in {street} a {city} è di {name}.
`,
  nl: String.raw`
hoi met {name_lower} uit {city_lower}
hoi met {first_lower}, kun je {first_lower} bellen
mijn naam is {name_lower} en ik kom uit {city_lower}
mijn adres is {address_lower}
zeg tegen {first_lower} dat {name_lower} heeft gebeld
ik was met {first_lower} in {city_lower}
Achternaam;Voornaam;Woonplaats\n{last};{first};{city}\n{last};{first};{city}
De bus van {city} rijdt naar {city}.
Het pand aan de {street} in {city} is verhuurd aan {company}.
Advocate {name} verdedigt {company}.
De rechtbank in {city} gaf {company} gelijk.
`,
  pt: String.raw`
oi aqui é {name_lower} de {city_lower}
oi sou {first_lower}, pode ligar para {first_lower}
sou {name_lower} e vivo em {city_lower}
a minha morada é {address_lower}
diz a {first_lower} que {name_lower} ligou
estive em {city_lower} com {first_lower}
Apelido;Nome;Localidade\n{last};{first};{city}\n{last};{first};{city}
O autocarro de {city} parte para {city}.
A loja da {street} em {city} é de {company}.
O terreno da {street} em {city} foi vendido a {name}.
A advogada {name} defende a {company}.
`,
  pl: String.raw`
cześć tu {name_lower} z {city_lower}
cześć tu {first_lower}, zadzwoń do {first_lower}
jestem {name_lower} i mieszkam w {city_lower}
mój adres to {address_lower}
powiedz {first_lower} że {name_lower} dzwonił
Nazwisko;Imię;Miejscowość\n{last};{first};{city}\n{last};{first};{city}
Autobus z {city} jedzie do {city}.
Lokal przy {street} w {city} wynajmuje {company}.
`,
  sv: String.raw`
hej det är {name_lower} från {city_lower}
hej det är {first_lower}, kan du be {first_lower} ringa
mitt namn är {name_lower} och jag bor i {city_lower}
min adress är {address_lower}
säg till {first_lower} att {name_lower} har ringt
Efternamn;Förnamn;Stad\n{last};{first};{city}\n{last};{first};{city}
Bussen från {city} går till {city}.
Lokalen på {street} i {city} hyrs av {company}.
`,
};

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

export const TRAINING_TEMPLATES: ReadonlyMap<Language, readonly string[]> = new Map(
  [...chosen(false)].map(([language, own]) => [language, [...own, ...linesOf(FURTHER[language])]]),
);
export const KEPT_BACK_TEMPLATES = chosen(true);
