"""Messages as text: cleaned, and cut to what a medium carries. What is needed to answer is never cut away. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from accelerapp.base import text
from accelerapp.notifications.model import Kind, Link, Message

SMS_LENGTH = 320
"""Two or three parts of a text message; what is longer costs and is not read."""
VOICE_LENGTH = 600
"""Characters of a spoken script, about forty seconds."""


def clean(raw: str) -> str:
    """Text from outside without control and direction characters and without halves of characters."""
    whole = raw.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    return text.printable(whole, max(len(whole), 1))


def line(raw: str, limit: int) -> str:
    """One clean line of at most so many characters."""
    return clip(" ".join(clean(raw).split()), limit)


def clip(whole: str, limit: int) -> str:
    """At most so many characters; what is cut ends in `…`."""
    return whole if len(whole) <= limit else whole[: max(limit - 1, 0)].rstrip() + "…"


def clip_bytes(whole: str, limit: int) -> str:
    """At most so many bytes of UTF-8, whole characters; what is cut ends in `…`."""
    raw = whole.encode()
    if len(raw) <= limit:
        return whole
    return raw[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def label(message: Message) -> str:
    """`P1`, or `TEST`, `HANDOFF`, `UPDATE P2`: what stands before the title."""
    if message.kind is Kind.PAGE:
        return str(message.severity)
    return f"UPDATE {message.severity}" if message.kind is Kind.UPDATE else message.kind.upper()


def headline(message: Message, limit: int = 200) -> str:
    """One line: `[P1] shop: the checkout fails`."""
    service = line(message.service, 64)
    where = f"{service}: " if service else ""
    return clip(f"[{label(message)}] {where}{line(message.title, limit)}", limit)


def body(message: Message, limit: int) -> str:
    """The body, cleaned and cut."""
    return body_of(message.body, limit)


def body_of(raw: str, limit: int) -> str:
    """Lines of text from outside, cleaned and cut."""
    return clip(clean(raw).strip(), limit)


def links(message: Message) -> tuple[Link, ...]:
    """Its links that are http or https, acknowledging first, with titles of one line."""
    ack = (Link("Acknowledge", message.ack_link),) if message.ack_link else ()
    return tuple(Link(line(each.title, 60) or "Open", each.url) for each in (*ack, *message.links) if is_web(each.url))


def is_web(url: str) -> bool:
    """Is it an http or https address without blanks and quotes, so that it is one address in every medium?"""
    if any(sign.isspace() or sign in "<>\"'`|\\^{}" for sign in url) or len(url) > 2000 or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def plain(message: Message, limit: int) -> str:
    """Headline, body and links as plain text; the body gives way when all is too long."""
    tail = "".join(f"\n{each.title}: {each.url}" for each in links(message))
    head = headline(message)
    room = limit - len(head) - len(tail) - 2
    middle = f"\n\n{body(message, room)}" if message.body.strip() and room > 10 else ""
    return clip(head + middle, limit - len(tail)) + tail if len(tail) < limit else clip(head, limit)


def sms(message: Message) -> str:
    """At most 320 characters: what is wrong, and how to answer, which is never cut."""
    reply = f"\nReply ACK {message.reply_code} to acknowledge." if message.reply_code else ""
    link = f"\n{message.ack_link}" if is_web(message.ack_link) and len(message.ack_link) <= 160 else ""
    tail = reply + link
    return headline(message, SMS_LENGTH - len(tail)) + tail


def voice(message: Message) -> str:
    """What is read out: spoken twice by whoever calls, so it says all in a few sentences."""
    word = {"P": "Priority "}.get(str(message.severity)[0], "") + str(message.severity)[1:]
    other = "This is a test call." if message.kind is Kind.TEST else "A message from Accelerapp."
    what = f"{word} page from Accelerapp." if message.kind is Kind.PAGE else other
    service = f" Service {line(message.service, 64)}." if message.service else ""
    return clip(f"{what}{service} {line(message.title, 300)}.", VOICE_LENGTH)
