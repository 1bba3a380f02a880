/**
 * Given names common in English-speaking countries and in the larger languages of Europe, Asia, Africa and the Americas.
 * One of them is evidence that two capitalised words are a person; names that are as often something else (Ruby, April,
 * Austin, Mark, Will) are left out.
 */

const NAMES = `aaron abby abdul abdullah abel abigail abraham ada adam adele adelaide adnan adrian adriana adrien agata agnes
agnieszka ahmad ahmed aidan aiden aisha akira alan alana alasdair albert alberto alejandra alejandro aleksander aleksandra
alena alessandra alessandro alessia alex alexander alexandra alexandre alexandros alexei alexis alfie alfonso alfred alfredo ali
alice alicia alina alison alistair allan allen allison alma alvaro alvin alyssa amanda amelia amelie amina amir amit amy ana
anabel anastasia anders andre andrea andreas andreea andrei andres andrew andrey andrzej andy aneta angela angelica angelika
angelina angelo angus anika anil anita anja anke ann anna annabelle anne anneliese annette annie annika ansel anthony antje
antoine anton antonia antonio anya arash archie ari ariana arjun arlene armando arnaud arnold aron artem arthur arturo arun asha
ashley ashok asif astrid athena audrey augustus aurelie ava axel ayesha ayse azra barbara barry bartosz basil bastian beata
beatrice beatriz becky ben benedict benita benjamin bernadette bernard bernd bernhard bert bertha bertrand bessie beth bethany
betty beverly bianca birgit bjorn björn blake bob bobby bogdan bonnie boris brad bradley brandon brenda brendan brent brett brian
bridget brigitte britta bronwyn bruce bruno bryan bryce burak caitlin caleb callum calvin cameron camila camilla camille candice
cara carina carl carla carlo carlos carmen carol carolin carole caroline carolyn carrie carter casey caspar cassandra catalina
catarina caterina catherine cathy cecil cecilia cedric celeste celia celine cesar chad chandra chantal charlene charles charlie
chen chiara chinedu chiara chloe chris christa christian christiane christina christine christoph christophe christopher chuck
ciara cindy claire clara clarence clarissa claude claudia claudio clemens clement cleo clifford clive cody colette colin colleen
conor connor conrad constance cora corey corinne cornelia craig cristian cristiano cristina curtis cynthia cyril daisuke damian
damien dan dana daniel daniela daniele danielle danny dante daphne dario darius darlene darrell darren dave david davide deanna
debbie deborah debra deepak delia denis denise dennis derek derrick desmond devin diana diane diego dieter dietmar dimitri
dimitris dina dirk dmitri dmitry dolores dominic dominik dominique don donald donna dora doris dorota dorothea dorothy doug
douglas duncan dustin dwayne dylan earl eddie edgar edith edmund eduardo edward edwin eileen ekaterina elaine eleanor elena
eleonora eli elias elif elijah elin elisa elisabeth elise eliza elizabeth ella elle ellen ellie elliot elliott elsa elsie
elvira emanuel emil emilia emilie emily emma emmanuel enrico enrique eric erica erich erik erika erin ernest ernesto esra esteban
estelle esther ethan eugene eugenia eun eva evan evelyn ewa ezra fabian fabio fabrice farah farid fatima fatma federica federico
felicia felicity felipe felix ferdinand fergus fernanda fernando fiona flavia flavio florian francesca francesco francis francisca
francisco franco francois franz françois fred freda freddie frederic frederick frederik freya frida frieda friedrich fritz
gabriel gabriela gabriele gabriella gareth gary gavin gemma genevieve geoff geoffrey george georgina georgios gerald geraldine
gerard gerhard gertrude giacomo gianluca gianni gideon gilbert gina giorgio giovanna giovanni gisela giulia giuseppe gladys glenn
gloria gonzalo gordon graham greg gregory greta gudrun guido guillaume guillermo gunnar gunter gustav gustavo gwen günter hamid
hamza hanna hannah hannes hans harald harold harriet harry harvey hasan hassan heather hector heidi heike heinrich heinz helen
helena helene helga helmut hendrik hennie henri henrik henry herbert herman hermann hilary hilda hiroshi holger holly horst howard
hubert hugh hugo hussein ian ibrahim ida ignacio igor ilona ilse imran ines inga inge ingrid ioana irena irene irina iris irma
isaac isabel isabella isabelle isaiah ismail ivan ivana ivy jacek jackie jacob jacqueline jacques jaime jake jakob jakub james
jamie jan jana jane janet janice janina janine jared jarek jasmin jasmine jason javier jay jayden jean jeanette jeanne jeff
jeffrey jelena jennifer jenny jens jeremiah jeremy jerome jerry jesse jessica jessie jill jillian jim jimmy jin joan joana joanna
joanne joao joaquin jochen jodie joel joelle johan johann johanna johannes john johnny jon jonas jonathan jorge josef josefa jose
joseph josephine josh joshua joyce joão josé juan juanita judith judy jule julia julian juliana julianne julie julien juliet
juliette julio julius jun jurgen justin justyna jörg jürgen kai kamal kamila kara karel karen karim karin karina karl karla
karolina karsten kasia kate katarina katarzyna katerina kathleen kathrin kathryn kathy katie katja katrin katrina kayla keith
kelly kelvin ken kenji kenneth kenny kerstin kevin khalid khalil kiara kim kimberly kirsten kiran klaus kofi konrad konstantin
krishna kristen kristian kristin kristina kristine krystyna krzysztof kurt kwame kyle lakshmi lars larissa larry laura lauren
laurence laurent lavinia layla lea leah leandro leila lena leo leon leona leonard leonardo leonie leroy leslie leticia lewis li
liam lidia lilian liliana lillian lilly lin linda lindsay lindsey linh linus lionel lisa lise livia liz lloyd logan lois lola
lorena lorenzo loretta lori lorraine lotte lou louis louisa louise luca lucas lucia lucian luciana lucie lucille lucinda lucy
ludwig luigi luis luisa lukas lukasz luke lydia lynn mabel maciej maddison madeleine madison magda magdalena magnus mahmoud maja
malcolm malgorzata malik malin manfred manon manuel manuela mara marc marcel marcela marcella marcelo marcia marcin marco marcos
marcus marek margaret margarita margot marguerite maria mariam marian mariana marianne marie mariella marija marijke marilyn
marina mario marion marisa marissa marjorie marko markus marlene marlon marta martha martin martina martine marvin mary maryam
massimo mateo mateusz mathias mathieu mathilde matilda matt matteo matthew matthias matthieu maureen maurice mauricio maurizio
maximilian maya mayumi megan mehmet mei melanie melinda melissa melody mercedes meredith mia michael michaela michal michel
michele michelle miguel mihai mikael mike mikhail mila milan milena milica milos mina ming miranda miriam mitchell moana mohamed
mohamad mohammad mohammed moira molly mona monica monika monique morgan moritz morten moses muhammad murat mustafa myriam nabil
nadia nadine naomi natalia natalie natasha nathalie nathan nathaniel neha neil nelson nia niamh nicholas nicola nicolas nicole
nicoletta niels nigel nikhil niklas nikola nikolai nikolaos nikolas nils nina nisha noah noel noemi nora norbert noreen norma
norman nuria octavia odette olaf oleg olena olga oliver olivia olivier omar orlando oscar oskar oswald otto owen pablo pamela
paola paolo pascal patrice patricia patricio patrick patrik patryk paul paula paulina pauline paulo pavel pawel pedro peggy
penelope percy perry peter petra philip philipp philippa philippe phillip phoebe phyllis pia pierre pietro pilar piotr polly prakash
pranav priya przemyslaw quentin rachel radek rafael rahul rainer raj rajesh ralf ralph ramon ramona randy raquel rashid raul ravi
raymond rebecca reinhard renata renate rene renee rhys ricardo riccardo richard rick ricky rita rob robert roberta roberto robyn
rodney rodrigo roger rohan roland rolf roman romain ron ronald ronja rory rosa rosalie rosalind rosanna rosario roswitha roxanne
roy ruben rudolf rudy rupert russell ruth ryan ryszard sabine sabrina sadie sally salma salvador salvatore sam samantha samir
samuel sandeep sandra sandy sanjay santiago sara sarah sascha sasha saskia satoshi saul sean sebastian sebastien selena selin
selma serena serge sergei sergey sergio seth shane shannon sharon shaun shawn sheila shelby shelley sherry shirin shirley shreya
sibylle sidney siegfried sigrid silke silvia silvio simon simona simone sofia sofie sonia sonja sophia sophie soren spencer stacey
stacy stan stanislav stanley stefan stefanie stefano stella stephan stephanie stephen steve steven stewart stuart sue sunil
susan susana susanna susanne suzanne sven svenja svetlana sylvia sylvie tamara tamas tania tanja tanya tara tariq tatiana tatjana
teresa terence terrence terry tessa thea thelma theo theodor theodore theresa therese thierry thomas thorsten tiago tiffany tilda
tim timo timothy tina tobias todd tom tomas tomasz tommaso tommy toni tony torsten tracey tracy travis trevor tristan troy tyler
ulrich ulrike umar ursula uta ute uwe vadim valentin valentina valeria valerie vanessa vasile vera veronica veronika veronique
vicente vicki vicky victor viktor viktoria vijay vikram vincent vincenzo viola violeta virginie vivian viviana vivienne vladimir
volker wade walter waltraud wanda wayne wei wendy werner wesley wilfred wilhelm willem william wilma winston wojciech wolfgang
xavier ximena yan yana yang yannick yasmin yasmine yolanda yosef youssef yuki yuri yusuf yves yvette yvonne zachary zainab zara
zbigniew zeynep zoe zofia zuzana zuzanna`;

const KNOWN = new Set(NAMES.split(/\s+/));

/** Whether a word, in any case, is a common given name; of a double one (`Anne-Marie`) the first part counts. */
export function isGivenName(word: string): boolean {
  const lower = word.toLowerCase();
  if (KNOWN.has(lower)) return true;
  const dash = lower.indexOf('-');
  return dash > 0 && KNOWN.has(lower.slice(0, dash));
}
