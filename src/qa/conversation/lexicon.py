"""Word lists for reading questions: closed classes of English, frequent verbs and the names of places; all lower case.

Names of countries stand here because a place is never meant by "he", and because "and Japan?" is about the country
that was asked for before.
"""

QUESTION_WORDS = frozenset("what which who whom whose when where why how".split())
BE = frozenset("is are was were be been being am".split())
WITH_BARE_VERB = frozenset("do does did can could will would shall should may might must".split())
AUXILIARIES = BE | WITH_BARE_VERB | frozenset("has have had".split())
PREPOSITIONS = frozenset(
    "of in on at by for with from to into onto about between among against during since until before after under over "
    "through without within per via than like as near along across behind beyond towards toward upon besides despite "
    "inside outside around above below except regarding".split()
)
CONJUNCTIONS = frozenset("and or but nor so because if while although though unless whether once".split())
PRONOUNS = frozenset(
    "i you he she it we they me him us them myself yourself himself herself itself ourselves themselves mine yours "
    "hers ours theirs someone somebody anyone anybody everyone everybody nobody something anything everything nothing "
    "one ones oneself".split()
)
SUBJECTS = frozenset("i you he she we they".split())
"""Pronouns that a verb follows."""
DEMONSTRATIVES = frozenset("this that these those".split())
POSSESSIVES = frozenset("my your his her its our their".split())
DETERMINERS = (
    DEMONSTRATIVES
    | POSSESSIVES
    | frozenset(
        "the a an some any no every each all both either neither another such several other same few more most".split()
    )
)
_ADVERBS = frozenset(
    "not never also too then there here now still yet ever just only even already again else away together soon often "
    "usually currently very really exactly please ok okay well yes thanks hello instead many much first last up out "
    "off down else s t".split()
)
FUNCTION_WORDS = (
    QUESTION_WORDS | AUXILIARIES | PREPOSITIONS | CONJUNCTIONS | PRONOUNS | DETERMINERS | (_ADVERBS - {"first", "last"})
)
BINDERS = frozenset("of for and the on da de van von der di du del al bin la le".split())
"""Small words inside a name: the Ministry of Defence, Leonardo da Vinci."""

VERBS = frozenset(
    "need use eat drink make take get give go come buy sell sign join hold lead own run build produce export import "
    "contain include cover mean require allow cause prevent affect help support treat cure offer provide protect store "
    "send receive pay charge win lose become belong happen exist live die grow move speak write read play teach learn "
    "begin start stop end open close change keep leave meet know think say tell want like love find see look feel seem "
    "appear remain stay wear cut put set let apply add remove create follow differ regulate govern depend consist "
    "react fund invade attack defend discover invent publish design paint compose direct appoint elect choose marry "
    "visit rise fall fell rose won lost led met sold bought wrote took gave made became began grew held found said "
    "told ask agree went came ran left paid built kept spoke flew drew knew saw".split()
)
PARTICIPLES = frozenset(
    "made born built written held known given taken sold paid found led won grown kept sent spent put shown seen done "
    "drawn driven chosen broken spoken worn begun sung fought bought brought taught caught met lost left told".split()
)
ADJECTIVES = frozenset(
    "safe legal illegal true false free available possible impossible necessary important dangerous toxic healthy good "
    "bad better best worse worst old new young tall high low large big small long short fast fastest slow expensive "
    "cheap open closed able ready similar different useful harmful allowed compatible compulsory mandatory binding "
    "responsible eligible visible contagious edible poisonous waterproof alive dead right wrong".split()
)
"""Adjectives that end a subject: Is aspirin | safe?"""

PLURALS = frozenset(
    "people children men women mitochondria bacteria viruses data media criteria police feet teeth mice fungi "
    "phenomena algae cattle geese sheep".split()
)
PERSONS = frozenset(
    "president minister king queen ceo cfo cto chief director founder author writer inventor leader head chairman "
    "chairwoman chair mayor governor secretary ambassador general admiral judge doctor scientist artist painter "
    "composer actor actress singer teacher professor man woman boy girl person owner chancellor emperor pope prince "
    "princess coach captain manager executive editor architect engineer winner candidate spokesperson".split()
)
OF_A_PLACE = frozenset(
    "capital population president army navy government economy currency flag border climate gdp".split()
)
"""What a country has, so that "its capital" asks for a country's."""
AT_HAND = frozenset("document file folder text page article corpus collection website site conversation".split())
"""What "this document" points at is before the eyes, not in the conversation."""
TIME_NOUNS = frozenset("year month day date time decade century season period week".split())

PLACES = frozenset(
    """afghanistan|albania|algeria|andorra|angola|argentina|armenia|australia|austria|azerbaijan|bahamas|bahrain
bangladesh|barbados|belarus|belgium|belize|benin|bhutan|bolivia|bosnia|botswana|brazil|brunei|bulgaria|burkina faso
burundi|cambodia|cameroon|canada|cape verde|chad|chile|china|colombia|comoros|congo|costa rica|croatia|cuba|cyprus
czechia|czech republic|denmark|djibouti|dominica|dominican republic|ecuador|egypt|el salvador|england|eritrea|estonia
eswatini|ethiopia|fiji|finland|france|gabon|gambia|georgia|germany|ghana|greece|grenada|guatemala|guinea|guyana|haiti
honduras|hong kong|hungary|iceland|india|indonesia|iran|iraq|ireland|israel|italy|ivory coast|jamaica|japan|jordan
kazakhstan|kenya|kiribati|kosovo|kuwait|kyrgyzstan|laos|latvia|lebanon|lesotho|liberia|libya|liechtenstein|lithuania
luxembourg|madagascar|malawi|malaysia|maldives|mali|malta|mauritania|mauritius|mexico|micronesia|moldova|monaco
mongolia|montenegro|morocco|mozambique|myanmar|namibia|nauru|nepal|netherlands|new zealand|nicaragua|niger|nigeria
north korea|north macedonia|northern ireland|norway|oman|pakistan|palau|palestine|panama|papua new guinea|paraguay
peru|philippines|poland|portugal|qatar|romania|russia|rwanda|samoa|san marino|saudi arabia|scotland|senegal|serbia
seychelles|sierra leone|singapore|slovakia|slovenia|solomon islands|somalia|south africa|south korea|south sudan
soviet union|spain|sri lanka|sudan|suriname|sweden|switzerland|syria|taiwan|tajikistan|tanzania|thailand|togo|tonga
trinidad and tobago|tunisia|turkey|turkmenistan|tuvalu|uae|uganda|uk|ukraine|united arab emirates|united kingdom
united states|united states of america|uruguay|us|usa|ussr|uzbekistan|vanuatu|vatican city|venezuela|vietnam|wales
yemen|zambia|zimbabwe|africa|antarctica|asia|europe|north america|south america|latin america|america|britain
great britain|european union|eu|tokyo|london|paris|berlin|rome|madrid|moscow|beijing|delhi|new delhi|washington
new york|california|texas|chicago|los angeles|toronto|sydney|mumbai|shanghai|cairo|lagos|nairobi|oslo|vienna|dublin
lisbon|athens|brussels|amsterdam|geneva|zurich|munich|barcelona|istanbul|jerusalem|dubai""".replace("\n", "|").split(
        "|"
    )
)
