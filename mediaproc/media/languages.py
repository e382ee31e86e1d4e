"""Languages: by the codes of containers (ISO 639), by those of players (RFC 5646), and by name for people."""

from __future__ import annotations

import re

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_NONE = frozenset({"und", "mis", "mul", "zxx"})
"""Undetermined, without a code, several, no speech: nothing that a viewer could choose by."""


def tag(language: str) -> str:
    """As RFC 5646 writes it, with the shortest code: `de` for `ger` and `deu`, `pt-BR` for `por-br`. Empty for none."""
    primary, *more = language.replace("_", "-").lower().split("-")
    if primary in _NONE or not _TAG.fullmatch("-".join([primary, *more])):
        return ""
    return "-".join([_SHORTEST.get(primary, primary), *(_cased(each) for each in more)])


def name(language: str) -> str:
    """In English: `German`, `Portuguese (BR)`; the code itself where it is a rare one. Empty for none."""
    primary, _, more = tag(language).partition("-")
    return f"{_NAMES.get(primary, primary)} ({more})" if more else _NAMES.get(primary, primary)


def three_letters(language: str) -> str:
    """As MP4 has it (ISO 639-2/T): `deu`. Empty where there is none."""
    primary = tag(language).partition("-")[0]
    found = _LONG.get(primary, primary)
    return found if len(found) == 3 else ""


def distance(one: str, other: str) -> int:
    """How far two tags are from each other: 0 for the same, 1 for the same language elsewhere, 2 for another."""
    return 0 if one == other else 1 if one.partition("-")[0] == other.partition("-")[0] else 2


def _cased(subtag: str) -> str:
    """A region in capitals, a script with one (RFC 5646, 2.1.1)."""
    return subtag.upper() if len(subtag) == 2 else subtag.title() if len(subtag) == 4 else subtag


_TABLE = """
aa aar Afar
ab abk Abkhazian
ae ave Avestan
af afr Afrikaans
ak aka Akan
am amh Amharic
an arg Aragonese
ar ara Arabic
as asm Assamese
av ava Avaric
ay aym Aymara
az aze Azerbaijani
ba bak Bashkir
be bel Belarusian
bg bul Bulgarian
bi bis Bislama
bm bam Bambara
bn ben Bangla
bo bod/tib Tibetan
br bre Breton
bs bos Bosnian
ca cat Catalan
ce che Chechen
ch cha Chamorro
co cos Corsican
cr cre Cree
cs ces/cze Czech
cu chu Church Slavonic
cv chv Chuvash
cy cym/wel Welsh
da dan Danish
de deu/ger German
dv div Dhivehi
dz dzo Dzongkha
ee ewe Ewe
el ell/gre Greek
en eng English
eo epo Esperanto
es spa Spanish
et est Estonian
eu eus/baq Basque
fa fas/per Persian
ff ful Fulah
fi fin Finnish
fj fij Fijian
fo fao Faroese
fr fra/fre French
fy fry Western Frisian
ga gle Irish
gd gla Scottish Gaelic
gl glg Galician
gn grn Guarani
gu guj Gujarati
gv glv Manx
ha hau Hausa
he heb Hebrew
hi hin Hindi
ho hmo Hiri Motu
hr hrv Croatian
ht hat Haitian Creole
hu hun Hungarian
hy hye/arm Armenian
hz her Herero
ia ina Interlingua
id ind Indonesian
ie ile Interlingue
ig ibo Igbo
ii iii Nuosu
ik ipk Inupiaq
io ido Ido
is isl/ice Icelandic
it ita Italian
iu iku Inuktitut
ja jpn Japanese
jv jav Javanese
ka kat/geo Georgian
kg kon Kongo
ki kik Kikuyu
kj kua Kuanyama
kk kaz Kazakh
kl kal Greenlandic
km khm Khmer
kn kan Kannada
ko kor Korean
kr kau Kanuri
ks kas Kashmiri
ku kur Kurdish
kv kom Komi
kw cor Cornish
ky kir Kyrgyz
la lat Latin
lb ltz Luxembourgish
lg lug Ganda
li lim Limburgish
ln lin Lingala
lo lao Lao
lt lit Lithuanian
lu lub Luba-Katanga
lv lav Latvian
mg mlg Malagasy
mh mah Marshallese
mi mri/mao Maori
mk mkd/mac Macedonian
ml mal Malayalam
mn mon Mongolian
mr mar Marathi
ms msa/may Malay
mt mlt Maltese
my mya/bur Burmese
na nau Nauru
nb nob Norwegian Bokmål
nd nde North Ndebele
ne nep Nepali
ng ndo Ndonga
nl nld/dut Dutch
nn nno Norwegian Nynorsk
no nor Norwegian
nr nbl South Ndebele
nv nav Navajo
ny nya Chichewa
oc oci Occitan
oj oji Ojibwa
om orm Oromo
or ori Odia
os oss Ossetic
pa pan Punjabi
pi pli Pali
pl pol Polish
ps pus Pashto
pt por Portuguese
qu que Quechua
rm roh Romansh
rn run Rundi
ro ron/rum Romanian
ru rus Russian
rw kin Kinyarwanda
sa san Sanskrit
sc srd Sardinian
sd snd Sindhi
se sme Northern Sami
sg sag Sango
si sin Sinhala
sk slk/slo Slovak
sl slv Slovenian
sm smo Samoan
sn sna Shona
so som Somali
sq sqi/alb Albanian
sr srp Serbian
ss ssw Swati
st sot Southern Sotho
su sun Sundanese
sv swe Swedish
sw swa Swahili
ta tam Tamil
te tel Telugu
tg tgk Tajik
th tha Thai
ti tir Tigrinya
tk tuk Turkmen
tl tgl Tagalog
tn tsn Tswana
to ton Tongan
tr tur Turkish
ts tso Tsonga
tt tat Tatar
tw twi Twi
ty tah Tahitian
ug uig Uyghur
uk ukr Ukrainian
ur urd Urdu
uz uzb Uzbek
ve ven Venda
vi vie Vietnamese
vo vol Volapük
wa wln Walloon
wo wol Wolof
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
za zha Zhuang
zh zho/chi Chinese
zu zul Zulu
- ast Asturian
- ceb Cebuano
- cmn Mandarin Chinese
- fil Filipino
- gsw Swiss German
- haw Hawaiian
- hsb Upper Sorbian
- nds Low German
- sco Scots
- yue Cantonese
"""
"""Each language with its code of two letters (ISO 639-1, where it has one), those of three (639-2/T, and /B where that
differs), and its name, after the register of ISO 639-2."""

_ROWS = [
    (short, long.split("/"), name) for short, long, name in (row.split(" ", 2) for row in _TABLE.split("\n")[1:-1])
]
_SHORTEST = {long: longs[0] if short == "-" else short for short, longs, _ in _ROWS for long in longs}
_LONG = {short: longs[0] for short, longs, _ in _ROWS if short != "-"}
_NAMES = {longs[0] if short == "-" else short: name for short, longs, name in _ROWS}
