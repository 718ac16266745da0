"""Two versions of a folder of articles, for runs that replace the first by the second.

Of ten articles one is removed, one is added, five change (longer, shorter, shifted) and
three stay. What is in an index is left to ``state.py``.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

_REMOVED, _ADDED = 0, 1
_LONGER, _SHORTER, _SHIFTED = 2, 3, (4, 5, 6)
_CORRECTION = "Berichtigung der zweiten Fassung: Die erste Fassung dieser Meldung ist überholt."


@dataclass(frozen=True)
class Corpus:
    """A folder, and what is in it before and after: texts by article id."""

    folder: Path
    before: dict[str, str]
    after: dict[str, str]
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def lasting(self) -> set[str]:
        """Articles that are in both versions, so that nobody may ever miss them."""
        return self.before.keys() & self.after.keys()

    def texts(self, article_id: str) -> dict[str, str]:
        """The texts that an article may have, by their hash."""
        found = (version.get(article_id) for version in (self.before, self.after))
        return {sha256(t.encode()).hexdigest(): t for t in found if t is not None}

    def show(self, version: dict[str, str]) -> None:
        """Make the folder hold this version and nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, text in version.items():
            (self.folder / name).write_bytes(text.encode())


def two_versions(folder: Path, texts: dict[str, str]) -> Corpus:
    """A corpus whose first version is ``texts``, but for those that the second one adds."""
    before, after = {}, {}
    for number, (name, text) in enumerate(sorted(texts.items())):
        kind = number % 10
        if kind != _ADDED:
            before[name] = text
        if kind != _REMOVED:
            after[name] = _changed(kind, text)
    titles = {
        name: text.partition("\n")[0].strip()[len("date 2000-01-01 ") :]
        for name, text in texts.items()
    }
    return Corpus(folder, before, after, titles)


def of_folder(folder: Path, source: Path, part: int, parts: int) -> Corpus:
    """Every ``parts``-th article of a folder of text files, from ``part`` on."""
    files = sorted(source.glob("*.txt"))[part::parts]
    return two_versions(folder, {f.name: f.read_bytes().decode() for f in files})


def written(folder: Path, count: int) -> Corpus:
    """Articles written for this project: short, alike, and each with a word of its own."""
    return two_versions(folder, {f"meldung-{n:03}.txt": _written(n) for n in range(count)})


def _changed(kind: int, text: str) -> str:
    head, _, body = text.partition("\n\n")
    paragraphs = body.split("\n\n")
    if kind == _LONGER:
        return f"{head}\n\n{_CORRECTION}\n\n{body.rstrip()}\n\n{body}"
    if kind == _SHORTER:
        return f"{head}\n\n{_CORRECTION} {paragraphs[0]}\n"
    if kind in _SHIFTED:
        return f"{head}\n\n{_CORRECTION}\n\n{body}"
    return text


def _written(number: int) -> str:
    word = _word(number)
    day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return (
        f" date {day} Die Mühle von {word} wird verkauft\n\n"
        f"Die alte Mühle von {word} wechselt den Besitzer. Der Gemeinderat stimmte am Abend zu, "
        f"mit {number + 3} zu {number % 3} Stimmen.\n\n"
        f"Der Käufer zahlt {number * 7 + 210} Taler. Er will das Rad im Frühjahr wieder drehen "
        f"lassen und in {word} Mehl mahlen, wie es dort vor {number + 40} Jahren üblich war.\n\n"
        f"Gegner befürchten Lärm am Bach. Die Versammlung in {word} dauerte {number % 5 + 2} "
        "Stunden, danach wurde im Gasthof weiter gestritten.\n"
    )


def _word(number: int) -> str:
    syllables = ("bra", "del", "fim", "gor", "hul", "jat", "kes", "lom", "nir", "pod")
    return "".join(syllables[int(d)] for d in f"{number:03}").capitalize() + "heim"
