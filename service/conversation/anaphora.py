"""The small words by which a question points back, and those that carry nothing over.

Five languages have a table; other languages are told by the shape of a question alone.
What follows from a word's being here is left to ``follow_ups.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Words:
    """A language's words, each a string of words with spaces between.

    ``people`` may stand for a name, of the same question too if it comes before;
    ``things`` point back wherever they stand. ``openers`` begin a question that goes on
    from the last; ``about`` are phrases (a regular expression) that bring in another subject.
    ``asking`` are question words and the measures that go with them;
    ``relations`` are the prepositions, and ``rest`` articles, auxiliaries and the like.
    ``filler`` are phrases (regular expressions) in which such words mean nothing.
    """

    openers: str
    about: str
    people: str
    things: str
    asking: str
    relations: str
    rest: str
    filler: str = r"(?!)"

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Each word → the first of the fields it stands in."""
        found: dict[str, str] = {}
        for kind in ("openers", "people", "things", "asking", "relations", "rest"):
            for word in getattr(self, kind).split():
                found.setdefault(word, kind)
        return found


WORDS = {
    "de": Words(
        openers="und aber oder",
        about=r"(?:und |aber )?(?:was ist|wie ist es|wie steht es|wie sieht es) mit\b",
        people="er sie ihn ihm ihr ihre ihrem ihren ihrer ihres ihnen seine seinem seinen seiner "
        "seines",
        things="dies diese diesem diesen dieser dieses jene jenem jenen jener jenes dort dorthin "
        "damals dabei dadurch dafür dagegen daher damit danach daran darauf daraus darin darüber "
        "darum davon davor dazu deswegen deshalb sonst",
        asking="wer wen wem wessen was wann wo woher wohin warum weshalb wieso wozu womit woran "
        "worauf worin worüber wovon wodurch wie welche welchem welchen welcher welches viel viele "
        "vielen lange oft hoch weit groß alt teuer",
        relations="an am auf aus bei beim bis durch für gegen hinter im in ins mit nach neben ohne "
        "seit über um unter vom von vor wegen zu zum zur zwischen ab laut",
        rest="der die das den dem des ein eine einem einen einer eines ist sind war waren wird "
        "werden wurde wurden worden hat haben hatte hatten habe kann können konnte soll sollen "
        "sollte will wollen wollte darf dürfen muss müssen musste sein gewesen nicht auch noch "
        "denn eigentlich genau nun jetzt gerade so sich es man ich "
        "mich mir wir uns als ob dass schon mehr gibt gab",
    ),
    "en": Words(
        openers="and but or so",
        about=r"(?:and |but |so )?(?:what|how) about\b",
        people="he she him her hers his they them their theirs its",
        things="it this that these those there then else others one ones",
        asking="who whom whose what when where why how which many much long old often far high "
        "tall big",
        relations="about above after against among at before behind below between by during for "
        "from in inside into near of off on onto out over since than through to towards under "
        "until up with within without according",
        rest="the a an is are was were be been being am do does did has have had will would can "
        "could should may might must shall not also too now exactly just so as if or and there "
        "more any some all actually really say says said tell s t i "
        "me my us we our you your please",
        filler=r"\b(?:is|was) it (?:true|possible|clear|likely|known)\b"
        r"|\b(?:is|are|was|were|be|been) there\b"
        r"|\b(?!(?:about|with|for|of|to|is|was|are|were|do|does|did|by|after|before|from) that\b)"
        r"\w+ that\b(?! out\b|\W*$)",
    ),
    "fr": Words(
        openers="et mais ou",
        about=r"(?:et |mais )?qu.en est-il (?:de la|de l.|du|des|de|pour)\b",
        people="il elle ils elles lui leur leurs eux son sa ses",
        things="ce cet cette ces cela ça celui celle ceux celles là alors autre autres",
        asking="qui que quoi quand où pourquoi comment combien quel quelle quels quelles lequel "
        "laquelle lesquels lesquelles qu",
        relations="à a au aux avec avant après chez contre dans de des du d depuis dès en entre "
        "jusque jusqu jusqu'à par parmi pendant pour sans selon sous sur vers",
        rest="le la les l un une est sont était étaient être été sera seront ont avait avaient "
        "avoir eu t y n ne pas plus se s c j on cela donc aussi encore maintenant exactement je "
        "moi me nous vous m",
        filler=r"\best-ce qu|\bce (?:qui|que|qu)\b|\bil y a\b|\by a-t-il\b|\bfaut-il\b|\best-il\b",
    ),
    "it": Words(
        openers="e ed ma o",
        about=r"(?:e |ma )?che ne è (?:di|del|della|dei|delle|dell.)\b",
        people="lui lei loro esso essa essi esse suo sua suoi sue",
        things="questo questa questi queste quello quella quelli quelle ciò lì là allora altro "
        "altri altre",
        asking="chi che cosa cos quando dove perché come quanto quanta quanti quante quale quali "
        "qual",
        relations="a ad al alla alle ai agli allo all con contro da dal dalla dai dalle dall di "
        "del della dei degli delle dello dell d dopo durante fino in nel nella nei nelle nello "
        "nell per prima secondo senza sopra sotto su sul sulla sui sulle tra fra verso",
        rest="il lo la i gli le l un uno una è sono era erano essere stato stata sarà ha hanno "
        "aveva avevano ho non si ci ne anche ancora ora adesso più esattamente c mi me io noi",
    ),
    "uk": Words(
        openers="а і й та але чи",
        about=r"(?:а |і |та )?(?:як|що) (?:щодо|із|з)\b",
        people="він вона воно вони його її їх йому їй їм ним нею ними нього неї них ньому ній",
        things="це цей ця ці цього цієї цьому цій цим цією цих цими той того тієї тому тоді там "
        "туди звідти інший інші ще",
        asking="хто кого кому ким що чого чому чим коли де куди звідки як який яка яке які якого "
        "якої якому якій яким якою яких скільки навіщо",
        relations="в у на з із зі до від для за перед під над про по при через без між проти після "
        "біля щодо о об",
        rest="є був була було були буде будуть не також вже саме зараз тепер більше би б же ж ли "
        "бути має мають я мені ми нам ви вам",
    ),
}

_COUNTING = """
    viel viele vielen welche welchem welchen welcher welches many much which what whose quel quelle
    quels quelles quanto quanta quanti quante quale quali che скільки який яка яке які якого якої
    якому якій яким якою яких"""
#: Question words that a noun may follow: "how many people", "which town".
COUNTING = frozenset(_COUNTING.split())
