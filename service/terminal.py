"""How results look on a terminal, and as plain lines elsewhere.

Article text is only ever text here: control characters and marks that turn the
direction of writing are shown as such, never obeyed.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Column, Table
from rich.text import Text

from indexer.errors import SourceError
from indexer.language import detect, language_name
from indexer.report import Report
from service.answer import Answer, Citation, Copy, FoundPassage
from service.renewal import Renewed

_EVERY = 100  # articles between two plain lines of progress


class Progress:
    """A bar on standard error where that is a terminal, else a line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total or None
        self._told = 0
        console = Console(stderr=True)
        self._bar = (
            RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console,
                transient=True,
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, before: Report, now: Report) -> None:
        """Progress of indexing: what earlier sources came to, and this one so far."""
        self.advance_to(sum(_handled(report) for report in (before, now)))

    def advance_to(self, done: int, total: int | None = None) -> None:
        """So many are done, of the ``total`` where that is known only now."""
        self._total = total or self._total
        if self._bar:
            self._bar.update(self._task, completed=done, total=self._total)
        elif done // _EVERY > self._told // _EVERY:
            self._told = done
            print(f"{done} of {self._total or '?'}", file=sys.stderr)


def show_skipped(skipped: Sequence[SourceError]) -> None:
    """What could not be used, on standard error."""
    for error in skipped:
        print(f"skipped {_flat(str(error))}", file=sys.stderr)


def tell(event: dict[str, Any]) -> None:
    """A change that ``watch`` saw, as a line on standard error."""
    what = event.get("article_id") or event.get("source")
    line = f":{event['line']}" if event.get("line") else ""
    reason = f": {event['reason']}" if "reason" in event else ""
    said = _flat(f"{what or ''}{line}{reason}".removeprefix(": "))
    print(f"{event['at']} {event['event']} {said}", file=sys.stderr, flush=True)


def tell_as_json(event: dict[str, Any]) -> None:
    """A change that ``watch`` saw, as a JSON object on a line of standard output."""
    print(json.dumps(event, ensure_ascii=False), flush=True)


def show_backup(path: Path, articles: int, size: int) -> None:
    """What a backup holds."""
    print(f"{articles} articles in {_flat(str(path))}, {size / 1e6:.1f} MB")


def show_renewed(renewed: Renewed) -> None:
    """What is in use after a reindex or restore, and what is left of before."""
    print(
        f"{renewed.articles} articles, {renewed.passages} passages "
        f"in generation {renewed.generation}, in {renewed.seconds:.1f} s"
    )
    show_dropped(renewed.dropped)
    if renewed.former:
        kept = ", ".join(renewed.former)
        print(f"generation {kept} is kept; 'fundstelle reindex --drop-old' removes it")


def show_dropped(names: Sequence[str]) -> None:
    """Which former generations were removed."""
    if names:
        print(f"removed generation {', '.join(names)}")


def show_passed_over(count: int) -> None:
    """That there were files which a package would read that isn't installed."""
    if count:
        files = "1 PDF file was" if count == 1 else f"{count} PDF files were"
        hint = "to read them: pip install 'fundstelle[pdf]'"
        print(f"{files} passed over; {hint}", file=sys.stderr)


def show_report(report: Report) -> None:
    """What indexing did."""
    counts = ("added", "updated", "unchanged", "removed")
    parts = [f"{getattr(report, name)} {name}" for name in counts if getattr(report, name)]
    parts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    print(f"{', '.join(parts) or 'nothing to do'} in {report.seconds:.1f} s")


def show_answer(answer: Answer) -> None:
    """The answer with its quotes in their sentences, or that there is none."""
    console = Console(highlight=False)
    if answer.answer is None:
        console.print(Text("The archive does not say.", "bold yellow"))
        _show_circumstances(console, answer)
        if answer.passages:
            console.print(Text("Nearest passages:", "dim"))
            show_passages(answer.passages)
        return
    console.print(_marked(answer.answer.text, answer.citations))
    console.print(Text(f"confidence {answer.confidence:.0%}, {answer.mode}", "dim"))
    _show_circumstances(console, answer)
    asked = detect(answer.question)
    for citation in answer.citations:
        console.print()
        _show_citation(console, citation, asked)
    if answer.other_answers:
        console.print(Text("\nOther articles contradict this:", "bold yellow"))
    for other in answer.other_answers:
        source = other.source
        place = _place(source.article_id, source.start, source.end)
        day = (source.published_at or "")[:10]
        head = ", ".join(filter(None, (_flat(source.title or ""), day)))
        told = (f"  {_flat(other.answer.text)}", "bold")
        console.print(Text.assemble(told, f"  {head}  ", (place, "dim")))


def show_passages(passages: Sequence[FoundPassage]) -> None:
    """Passages with where they stand."""
    console = Console(highlight=False)
    for number, passage in enumerate(passages, start=1):
        place = _place(passage.article_id, passage.start, passage.end)
        head = _heading(number, passage.title, passage.published_at, place)
        console.print(Text.assemble(head, (f"  {passage.score:.3f}", "dim")))
        console.print(Padding(Text(_flat(_shortened(passage.text))), (0, 0, 0, 4)))
        _show_copies(console, passage.also_in)


def show_status(found: dict[str, Any]) -> None:
    """What the archive holds."""
    recipe = found["recipe"]
    size = "unknown" if found["bytes"] is None else f"{found['bytes'] / 1e6:.1f} MB"
    print(f"articles   {found['articles']}")
    print(f"passages   {found['passages']}")
    print(f"store      {found['store']} (generation {found['generation']}, {size})")
    print(f"model      {recipe['model']} ({recipe['dimension']} dimensions)")
    print(f"cut into   {recipe['passage_tokens']} tokens, {recipe['passage_overlap']} overlapping")


def show_removed(outcome: dict[str, Any]) -> None:
    """What was removed, and what was not known."""
    print(f"{outcome['removed']} removed")
    for article_id in outcome["unknown"]:
        print(f"not in the archive: {_flat(article_id)}", file=sys.stderr)


def show_keys(keys: Sequence[dict[str, Any]]) -> None:
    """Whom there are keys for, and what each opens."""
    if not keys:
        print("there are no keys; make one with 'fundstelle keys add NAME'")
        return
    table = Table("name", "archive", "scope", "a minute", "made", "until", "former until")
    for key in keys:
        rate = {None: "as set", 0: "any"}.get(key["rate"], str(key["rate"]))
        days = [(key[name] or "–")[:10] for name in ("made_at", "expires_at", "former_until")]
        table.add_row(key["name"], key["archive"], key["scope"], rate, *days)
    Console().print(table)


def show_figures(figures: dict[str, Any]) -> None:
    """The figures of an evaluation, a column for each language."""
    groups = {"overall": figures["overall"], **figures["by_language"]}
    table = Table("", *(Column(Text(_flat(name))) for name in groups))
    for metric in figures["overall"]:
        values = [group[metric] for group in groups.values()]
        table.add_row(metric, *("–" if v is None else f"{v:.3f}" for v in values))
    console = Console()
    console.print(table)
    latency = figures["latency_ms"]
    console.print(
        f"{figures['questions']} questions, {figures['unanswerable']} of them unanswerable; "
        f"latency p50 {latency['p50']} ms, p95 {latency['p95']} ms"
    )
    if rejected := figures.get("rejected"):
        console.print(
            f"{rejected['questions']} answers were rejected by readers; "
            f"{rejected['repeated']} of them are given again"
        )


def _marked(text: str, citations: Sequence[Citation]) -> Text:
    """The answer, and behind each part the numbers of what proves it."""
    marked, at = Text(), 0
    if len(citations) == 1 and citations[0].verified:  # there is nothing to tell apart
        return Text(_flat(text), "bold green")
    for end in sorted({citation.answer.end for citation in citations}):
        marked.append(_flat(text[at:end]), "bold green")
        for citation in citations:
            if citation.answer.end == end:
                doubt = "" if citation.verified else " unverified"
                marked.append(f" [{citation.id}{doubt}]", "dim" if citation.verified else "red")
        at = end
    return marked.append(_flat(text[at:]), "bold green")


def _show_circumstances(console: Console, answer: Answer) -> None:
    if answer.rewritten_question:
        console.print(Text(f"understood as: {_flat(answer.rewritten_question)}", "dim"))
    if answer.fallback_reason:
        told = f"The chat model's answer was not used ({_flat(answer.fallback_reason)})."
        console.print(Text(told, "yellow"))


def _show_citation(console: Console, citation: Citation, asked: str | None) -> None:
    source = citation.source
    place = _place(source.article_id, source.start, source.end)
    console.print(_heading(citation.id, source.title, source.published_at, place))
    within = source.start - source.context_start
    before, after = source.context[:within], source.context[within + len(source.quote) :]
    quoted = Text.assemble(
        _flat(before), (_flat(source.quote), "bold black on yellow"), _flat(after)
    )
    console.print(Padding(quoted, (0, 0, 0, 4)))
    if source.url:
        console.print(Padding(Text(_flat(source.url), "dim"), (0, 0, 0, 4)))
    _show_copies(console, source.also_in)
    if source.language and asked and source.language != asked:
        theirs, ours = language_name(source.language), language_name(asked)
        told = f"The quote is in {theirs}, the question in {ours}."
        console.print(Padding(Text(told, "italic"), (0, 0, 0, 4)))


def _show_copies(console: Console, copies: Sequence[Copy]) -> None:
    same = [_flat(copy.name) for copy in copies if copy.start is not None]
    retold = [_flat(copy.name) for copy in copies if copy.start is None]
    told = [f"also in {', '.join(same)}"] if same else []
    told += [f"not word for word in {', '.join(retold)}"] if retold else []
    if told:
        console.print(Padding(Text("; ".join(told), "dim"), (0, 0, 0, 4)))


def _heading(number: int, title: str | None, published_at: str | None, place: str) -> Text:
    head = Text(f"[{number}] ", "dim")
    head.append(_flat(title or "(no title)"), "bold")
    if published_at:
        head.append(f", {published_at[:10]}")
    return head.append(f"  {place}", "cyan")


def _place(article_id: str, start: int, end: int) -> str:
    return f"{_flat(article_id)} [{start}:{end}]"


def _shortened(text: str, most: int = 240) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[:most].rsplit(' ', 1)[0]} …"


_BREAK = re.compile(r"\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def _flat(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return "".join("�" if _is_command(c) else c for c in _BREAK.sub(" ", text))


def _is_command(mark: str) -> bool:
    """Whether a mark steers the terminal or the direction of writing.

    Those that only join or part letters and emoji are part of the words.
    """
    category = unicodedata.category(mark)
    joins = unicodedata.bidirectional(mark) in {"BN", "AN"}
    return category in {"Cc", "Cs"} or (category == "Cf" and not joins)


def _handled(report: Report) -> int:
    return report.added + report.updated + report.unchanged + len(report.skipped)
