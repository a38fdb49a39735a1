"""Word tables of the checks. Written by `python -m tests.draft_checks.make_tables`; do not edit.

One line per month from January, and per weekday from Monday. Numbers in words begin with 2.
Look-alike characters: first and last code point, and the first one in ASCII, where _ is a space.
"""

MONTHS = """
january jan januar janvier janv enero ene gennaio januari stycznia styczeń janeiro ledna leden
february feb februar février févr febrero febbraio februari lutego luty fevereiro fev února úno únor
march märz mär mars marzo maart mrt marca marzec março března bře březen
april apr avril avr abril abr aprile kwietnia kwi kwiecień dubna dub duben
may mai mayo maggio mei maja maj maio května květen
june jun juni juin junio giugno giu czerwca cze czerwiec junho června čvn červen
july jul juli juillet juil julio luglio lug lipca lipiec julho července čvc červenec
august aug août agosto augustus sierpnia sierpień augusti srpna srpen
september sep sept septembre septiembre settembre września wrz wrzesień setembro září zář
october oct oktober okt octobre octubre ottobre ott października paź październik outubro října říj říjen
november nov novembre noviembre listopada listopad novembro listopadu
december dec dezember dez décembre déc diciembre dic dicembre grudnia gru grudzień dezembro prosince prosinec
"""
SHORT_MONTHS = """
gen sty led
lut
mar

mag kvě

lip
ago sie srp
set
out
lis
pro
"""
WEEKDAYS = """
monday montag lundi lunes lunedì maandag poniedziałek segunda-feira måndag pondělí
tuesday dienstag mardi martes martedì dinsdag wtorek terça-feira tisdag úterý
wednesday mittwoch mercredi miércoles mercoledì woensdag środa quarta-feira onsdag středa
thursday donnerstag jeudi jueves giovedì donderdag czwartek quinta-feira torsdag čtvrtek
friday freitag vendredi viernes venerdì vrijdag piątek sexta-feira fredag pátek
saturday samstag samedi sábado sabato zaterdag sobota lördag
sunday sonntag dimanche domingo domenica zondag niedziela söndag neděle
"""
SHORT_WEEKDAYS = {
    "fr": "lun mar mer jeu ven sam dim",
    "es": "lun mar mié jue vie sáb dom",
    "it": "lun mar mer gio ven sab dom",
    "nl": "ma di wo do vr za zo",
    "pl": "pon wt śr czw pt sob niedz",
    "pt": "seg - qua qui sex sáb dom",
    "sv": "mån tis ons tors fre lör sön",
    "cs": "- út - čt pá - -",
}
NUMBERS = {
    "es": """
dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince, dieciséis,
diecisiete, dieciocho, diecinueve, veinte, veintiuno, veintidós, veintitrés, veinticuatro, veinticinco,
veintiséis, veintisiete, veintiocho, veintinueve, treinta, treinta y uno, treinta y dos, treinta y tres,
treinta y cuatro, treinta y cinco, treinta y seis, treinta y siete, treinta y ocho, treinta y nueve, cuarenta,
cuarenta y uno, cuarenta y dos, cuarenta y tres, cuarenta y cuatro, cuarenta y cinco, cuarenta y seis,
cuarenta y siete, cuarenta y ocho, cuarenta y nueve, cincuenta, cincuenta y uno, cincuenta y dos, cincuenta y
tres, cincuenta y cuatro, cincuenta y cinco, cincuenta y seis, cincuenta y siete, cincuenta y ocho, cincuenta
y nueve, sesenta, sesenta y uno, sesenta y dos, sesenta y tres, sesenta y cuatro, sesenta y cinco, sesenta y
seis, sesenta y siete, sesenta y ocho, sesenta y nueve, setenta, setenta y uno, setenta y dos, setenta y tres,
setenta y cuatro, setenta y cinco, setenta y seis, setenta y siete, setenta y ocho, setenta y nueve, ochenta,
ochenta y uno, ochenta y dos, ochenta y tres, ochenta y cuatro, ochenta y cinco, ochenta y seis, ochenta y
siete, ochenta y ocho, ochenta y nueve, noventa, noventa y uno, noventa y dos, noventa y tres, noventa y
cuatro, noventa y cinco, noventa y seis, noventa y siete, noventa y ocho, noventa y nueve, cien
""",
    "it": """
due, tre, quattro, cinque, sei, sette, otto, nove, dieci, undici, dodici, tredici, quattordici, quindici,
sedici, diciassette, diciotto, diciannove, venti, ventuno, ventidue, ventitré, ventiquattro, venticinque,
ventisei, ventisette, ventotto, ventinove, trenta, trentuno, trentadue, trentatré, trentaquattro,
trentacinque, trentasei, trentasette, trentotto, trentanove, quaranta, quarantuno, quarantadue, quarantatré,
quarantaquattro, quarantacinque, quarantasei, quarantasette, quarantotto, quarantanove, cinquanta,
cinquantuno, cinquantadue, cinquantatré, cinquantaquattro, cinquantacinque, cinquantasei, cinquantasette,
cinquantotto, cinquantanove, sessanta, sessantuno, sessantadue, sessantatré, sessantaquattro, sessantacinque,
sessantasei, sessantasette, sessantotto, sessantanove, settanta, settantuno, settantadue, settantatré,
settantaquattro, settantacinque, settantasei, settantasette, settantotto, settantanove, ottanta, ottantuno,
ottantadue, ottantatré, ottantaquattro, ottantacinque, ottantasei, ottantasette, ottantotto, ottantanove,
novanta, novantuno, novantadue, novantatré, novantaquattro, novantacinque, novantasei, novantasette,
novantotto, novantanove, cento
""",
    "nl": """
twee, drie, vier, vijf, zes, zeven, acht, negen, tien, elf, twaalf, dertien, veertien, vijftien, zestien,
zeventien, achttien, negentien, twintig, eenentwintig, tweeëntwintig, drieëntwintig, vierentwintig,
vijfentwintig, zesentwintig, zevenentwintig, achtentwintig, negenentwintig, dertig, eenendertig, tweeëndertig,
drieëndertig, vierendertig, vijfendertig, zesendertig, zevenendertig, achtendertig, negenendertig, veertig,
eenenveertig, tweeënveertig, drieënveertig, vierenveertig, vijfenveertig, zesenveertig, zevenenveertig,
achtenveertig, negenenveertig, vijftig, eenenvijftig, tweeënvijftig, drieënvijftig, vierenvijftig,
vijfenvijftig, zesenvijftig, zevenenvijftig, achtenvijftig, negenenvijftig, zestig, eenenzestig, tweeënzestig,
drieënzestig, vierenzestig, vijfenzestig, zesenzestig, zevenenzestig, achtenzestig, negenenzestig, zeventig,
eenenzeventig, tweeënzeventig, drieënzeventig, vierenzeventig, vijfenzeventig, zesenzeventig, zevenenzeventig,
achtenzeventig, negenenzeventig, tachtig, eenentachtig, tweeëntachtig, drieëntachtig, vierentachtig,
vijfentachtig, zesentachtig, zevenentachtig, achtentachtig, negenentachtig, negentig, eenennegentig,
tweeënnegentig, drieënnegentig, vierennegentig, vijfennegentig, zesennegentig, zevenennegentig,
achtennegentig, negenennegentig, honderd
""",
    "pl": """
dwa, trzy, cztery, pięć, sześć, siedem, osiem, dziewięć, dziesięć, jedenaście, dwanaście, trzynaście,
czternaście, piętnaście, szesnaście, siedemnaście, osiemnaście, dziewiętnaście, dwadzieścia, dwadzieścia
jeden, dwadzieścia dwa, dwadzieścia trzy, dwadzieścia cztery, dwadzieścia pięć, dwadzieścia sześć, dwadzieścia
siedem, dwadzieścia osiem, dwadzieścia dziewięć, trzydzieści, trzydzieści jeden, trzydzieści dwa, trzydzieści
trzy, trzydzieści cztery, trzydzieści pięć, trzydzieści sześć, trzydzieści siedem, trzydzieści osiem,
trzydzieści dziewięć, czterdzieści, czterdzieści jeden, czterdzieści dwa, czterdzieści trzy, czterdzieści
cztery, czterdzieści pięć, czterdzieści sześć, czterdzieści siedem, czterdzieści osiem, czterdzieści dziewięć,
pięćdziesiąt, pięćdziesiąt jeden, pięćdziesiąt dwa, pięćdziesiąt trzy, pięćdziesiąt cztery, pięćdziesiąt pięć,
pięćdziesiąt sześć, pięćdziesiąt siedem, pięćdziesiąt osiem, pięćdziesiąt dziewięć, sześćdziesiąt,
sześćdziesiąt jeden, sześćdziesiąt dwa, sześćdziesiąt trzy, sześćdziesiąt cztery, sześćdziesiąt pięć,
sześćdziesiąt sześć, sześćdziesiąt siedem, sześćdziesiąt osiem, sześćdziesiąt dziewięć, siedemdziesiąt,
siedemdziesiąt jeden, siedemdziesiąt dwa, siedemdziesiąt trzy, siedemdziesiąt cztery, siedemdziesiąt pięć,
siedemdziesiąt sześć, siedemdziesiąt siedem, siedemdziesiąt osiem, siedemdziesiąt dziewięć, osiemdziesiąt,
osiemdziesiąt jeden, osiemdziesiąt dwa, osiemdziesiąt trzy, osiemdziesiąt cztery, osiemdziesiąt pięć,
osiemdziesiąt sześć, osiemdziesiąt siedem, osiemdziesiąt osiem, osiemdziesiąt dziewięć, dziewięćdziesiąt,
dziewięćdziesiąt jeden, dziewięćdziesiąt dwa, dziewięćdziesiąt trzy, dziewięćdziesiąt cztery, dziewięćdziesiąt
pięć, dziewięćdziesiąt sześć, dziewięćdziesiąt siedem, dziewięćdziesiąt osiem, dziewięćdziesiąt dziewięć, sto
""",
    "pt": """
dois, três, quatro, cinco, seis, sete, oito, nove, dez, onze, doze, treze, catorze, quinze, dezasseis,
dezassete, dezoito, dezanove, vinte, vinte e um, vinte e dois, vinte e três, vinte e quatro, vinte e cinco,
vinte e seis, vinte e sete, vinte e oito, vinte e nove, trinta, trinta e um, trinta e dois, trinta e três,
trinta e quatro, trinta e cinco, trinta e seis, trinta e sete, trinta e oito, trinta e nove, quarenta,
quarenta e um, quarenta e dois, quarenta e três, quarenta e quatro, quarenta e cinco, quarenta e seis,
quarenta e sete, quarenta e oito, quarenta e nove, cinquenta, cinquenta e um, cinquenta e dois, cinquenta e
três, cinquenta e quatro, cinquenta e cinco, cinquenta e seis, cinquenta e sete, cinquenta e oito, cinquenta e
nove, sessenta, sessenta e um, sessenta e dois, sessenta e três, sessenta e quatro, sessenta e cinco, sessenta
e seis, sessenta e sete, sessenta e oito, sessenta e nove, setenta, setenta e um, setenta e dois, setenta e
três, setenta e quatro, setenta e cinco, setenta e seis, setenta e sete, setenta e oito, setenta e nove,
oitenta, oitenta e um, oitenta e dois, oitenta e três, oitenta e quatro, oitenta e cinco, oitenta e seis,
oitenta e sete, oitenta e oito, oitenta e nove, noventa, noventa e um, noventa e dois, noventa e três, noventa
e quatro, noventa e cinco, noventa e seis, noventa e sete, noventa e oito, noventa e nove, cem
""",
    "sv": """
två, tre, fyra, fem, sex, sju, åtta, nio, tio, elva, tolv, tretton, fjorton, femton, sexton, sjutton, arton,
nitton, tjugo, tjugoett, tjugotvå, tjugotre, tjugofyra, tjugofem, tjugosex, tjugosju, tjugoåtta, tjugonio,
trettio, trettioett, trettiotvå, trettiotre, trettiofyra, trettiofem, trettiosex, trettiosju, trettioåtta,
trettionio, förtio, förtioett, förtiotvå, förtiotre, förtiofyra, förtiofem, förtiosex, förtiosju, förtioåtta,
förtionio, femtio, femtioett, femtiotvå, femtiotre, femtiofyra, femtiofem, femtiosex, femtiosju, femtioåtta,
femtionio, sextio, sextioett, sextiotvå, sextiotre, sextiofyra, sextiofem, sextiosex, sextiosju, sextioåtta,
sextionio, sjuttio, sjuttioett, sjuttiotvå, sjuttiotre, sjuttiofyra, sjuttiofem, sjuttiosex, sjuttiosju,
sjuttioåtta, sjuttionio, åttio, åttioett, åttiotvå, åttiotre, åttiofyra, åttiofem, åttiosex, åttiosju,
åttioåtta, åttionio, nittio, nittioett, nittiotvå, nittiotre, nittiofyra, nittiofem, nittiosex, nittiosju,
nittioåtta, nittionio, etthundra
""",
    "cs": """
dva, tři, čtyři, pět, šest, sedm, osm, devět, deset, jedenáct, dvanáct, třináct, čtrnáct, patnáct, šestnáct,
sedmnáct, osmnáct, devatenáct, dvacet, dvacet jedna, dvacet dva, dvacet tři, dvacet čtyři, dvacet pět, dvacet
šest, dvacet sedm, dvacet osm, dvacet devět, třicet, třicet jedna, třicet dva, třicet tři, třicet čtyři,
třicet pět, třicet šest, třicet sedm, třicet osm, třicet devět, čtyřicet, čtyřicet jedna, čtyřicet dva,
čtyřicet tři, čtyřicet čtyři, čtyřicet pět, čtyřicet šest, čtyřicet sedm, čtyřicet osm, čtyřicet devět,
padesát, padesát jedna, padesát dva, padesát tři, padesát čtyři, padesát pět, padesát šest, padesát sedm,
padesát osm, padesát devět, šedesát, šedesát jedna, šedesát dva, šedesát tři, šedesát čtyři, šedesát pět,
šedesát šest, šedesát sedm, šedesát osm, šedesát devět, sedmdesát, sedmdesát jedna, sedmdesát dva, sedmdesát
tři, sedmdesát čtyři, sedmdesát pět, sedmdesát šest, sedmdesát sedm, sedmdesát osm, sedmdesát devět, osmdesát,
osmdesát jedna, osmdesát dva, osmdesát tři, osmdesát čtyři, osmdesát pět, osmdesát šest, osmdesát sedm,
osmdesát osm, osmdesát devět, devadesát, devadesát jedna, devadesát dva, devadesát tři, devadesát čtyři,
devadesát pět, devadesát šest, devadesát sedm, devadesát osm, devadesát devět, sto
""",
}
MEASURES = [
    """
kg kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos chilogrammo chilogrammi kilogramy
kilogramów kilograma quilograma quilogramas kilogramů kilogramu
""",
    """
g gram grams gramm gramme grammes gramo gramos grammo grammi gramy gramów grama gramas gramů gramu
""",
    """
mg milligram milligrams milligramm milligramme milligrammes miligramo miligramos milligrammo milligrammi
miligram miligramy miligramów miligrama miligramas miligramů miligramu
""",
    """
μg microgram micrograms mikrogramm microgramme microgrammes microgramo microgramos microgrammo microgrammi
mikrogram mikrogramy mikrogramów mikrograma micrograma microgramas mikrogramů mikrogramu
""",
    """
km kilometer kilometers kilomètre kilomètres kilómetro kilómetros chilometro chilometri kilometr kilometry
kilometrów kilometra quilômetro quilômetros kilometrů kilometru
""",
    """
cm centimeter centimeters zentimeter centimètre centimètres centímetro centímetros centimetro centimetri
centymetr centymetry centymetrów centymetra centimetr centimetry centimetrů centimetru
""",
    """
mm millimeter millimeters millimètre millimètres milímetro milímetros millimetro millimetri milimetr milimetry
milimetrów milimetra milimetrů milimetru
""",
    """
l liter liters litre litres litro litros litri litr litry litrów litra litrů litru
""",
    """
ml milliliter milliliters millilitre millilitres mililitro mililitros millilitro millilitri mililitr mililitry
mililitrów mililitra mililitrů mililitru
""",
]
LOOK_ALIKES = """
a0-a0=_ 2bc-2bc=' 58a-58a=- 5be-5be=- 660-669=0 6f0-6f9=0 7c0-7c9=0 966-96f=0 9e6-9ef=0 a66-a6f=0 ae6-aef=0
b66-b6f=0 be6-bef=0 c66-c6f=0 ce6-cef=0 d66-d6f=0 de6-def=0 e50-e59=0 ed0-ed9=0 f20-f29=0 1040-1049=0
1090-1099=0 1400-1400=- 1680-1680=_ 17e0-17e9=0 1806-1806=- 1810-1819=0 1946-194f=0 19d0-19d9=0 1a80-1a89=0
1a90-1a99=0 1b50-1b59=0 1bb0-1bb9=0 1c40-1c49=0 1c50-1c59=0 2000-200a=_ 2010-2015=- 2018-2019=' 202f-202f=_
2032-2032=' 205f-205f=_ 2212-2212=- 2e17-2e17=- 2e1a-2e1a=- 2e3a-2e3b=- 2e40-2e40=- 2e5d-2e5d=- 3000-3000=_
301c-301c=- 3030-3030=- 30a0-30a0=- a620-a629=0 a8d0-a8d9=0 a900-a909=0 a9d0-a9d9=0 a9f0-a9f9=0 aa50-aa59=0
abf0-abf9=0 fe31-fe32=- fe58-fe58=- fe63-fe63=- ff0d-ff0d=- ff10-ff19=0 104a0-104a9=0 10d30-10d39=0
10ead-10ead=- 11066-1106f=0 110f0-110f9=0 11136-1113f=0 111d0-111d9=0 112f0-112f9=0 11450-11459=0
114d0-114d9=0 11650-11659=0 116c0-116c9=0 11730-11739=0 118e0-118e9=0 11950-11959=0 11c50-11c59=0
11d50-11d59=0 11da0-11da9=0 16a60-16a69=0 16ac0-16ac9=0 16b50-16b59=0 1d7ce-1d7d7=0 1d7d8-1d7e1=0
1d7e2-1d7eb=0 1d7ec-1d7f5=0 1d7f6-1d7ff=0 1e140-1e149=0 1e2f0-1e2f9=0 1e950-1e959=0 1fbf0-1fbf9=0
"""
