"""Which channel of the settings carries a way of reaching people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accelerapp.base.settings import channels as settings
from accelerapp.oncall import contacting
from accelerapp.oncall.model import Book, Person, Remark

_KINDS = {"sms": "twilio_sms", "voice": "twilio_voice"}
"""What the settings call a channel for a kind of contact method, where the two differ."""


def kind(method: str) -> str:
    """The kind of channel that carries this kind of contact method."""
    return _KINDS.get(method, str(method))


def channel(method: str, known: Mapping[str, settings.Channel]) -> str | None:
    """The name of the first channel of the kind; None when there is none."""
    return next((name for name, each in known.items() if each.kind == kind(method)), None)


def takes_replies(method: str, known: Mapping[str, settings.Channel]) -> bool:
    """Do answers by SMS and pressed keys come back to us for this kind of contact method?"""
    name = channel(method, known)
    found = known[name] if name else None
    return isinstance(found, settings.Twilio) and found.replies


def missing(kind: str) -> str:
    """What to do when there is none."""
    return f'Describe one in the settings: [channels.NAME] with kind = "{kind}".'


def remarks(book: Book, known: Mapping[str, settings.Channel]) -> Iterator[Remark]:
    """Ways in which people want to be reached and that no channel of the settings carries, or that several could."""
    for person in book.people.values():
        yield from _of_person(person, known)
    used = (kind(method.kind) for person in book.people.values() for method in contacting.usable(person))
    for each in dict.fromkeys(used):
        yield from _of_kind(each, known)


def _of_person(person: Person, known: Mapping[str, settings.Channel]) -> Iterator[Remark]:
    kinds = dict.fromkeys(method.kind for method in contacting.usable(person))
    lost = [each for each in kinds if channel(each, known) is None]
    if lost:
        by = ", ".join(lost)
        told = f"No channel of the settings carries {by}."
        if len(lost) == len(kinds):
            told = f"Nothing reaches them: {told[0].lower()}{told[1:]}"
        yield Remark(f"person {person.name}", told, missing(kind(lost[0])))


def _of_kind(kind: str, known: Mapping[str, settings.Channel]) -> Iterator[Remark]:
    """Which of several channels it is; that may well be meant so."""
    first, *others = [name for name, each in known.items() if each.kind == kind] or [""]
    if others:
        told = f"Of the kind {kind} {first} reaches people, since it is the first of the settings"
        only = (
            f"{' and '.join(others)} {'carries' if len(others) == 1 else 'carry'} only what names a channel ([notify])"
        )
        yield Remark("channels", f"{told}; {only}.", "To use another, describe it first.", is_wrong=False)
