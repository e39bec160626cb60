"""What a line says: its level, its time, its message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accelerapp.logs import service
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def parse(line: str, now: datetime = NOW) -> binding.Line | None:
    return binding.parse(line.encode(), service.milliseconds(now))


def when(line: binding.Line) -> datetime | None:
    return None if line.at is None else service.time(line.at)


LINES = [
    ("2026-11-24 09:00:00,000 ERROR shop: it broke", Level.ERROR, NINE, "shop: it broke"),
    ('{"time":"2026-11-24T10:00:00+01:00","level":"WARN","message":"careful","n":1}', Level.WARNING, NINE, "careful"),
    ('{"ts":1795510800.0,"severity":"CRITICAL","msg":"gone"}', Level.CRITICAL, NINE, "gone"),
    ('{"level":50,"time":1795510800000,"msg":"pino"}', Level.ERROR, NINE, "pino"),
    ('{"PRIORITY":3,"MESSAGE":"journal"}', Level.ERROR, None, "journal"),
    ('{"@timestamp":"2026-11-24T09:00:00Z","log":{"level":"error"},"message":"nested"}', Level.ERROR, NINE, "nested"),
    ("2026-11-24T09:00:00Z finished with 0 errors", Level.NONE, NINE, "finished with 0 errors"),
    ("2026-11-24T09:00:00Z INFO finished with 0 ERROR lines", Level.INFO, NINE, "finished with 0 ERROR lines"),
    ("[2026-11-24 09:00:00] production.ERROR: boom", Level.ERROR, NINE, "boom"),
    ("Nov 24 09:00:00 host sshd[1]: error: no key", Level.ERROR, NINE, "no key"),
    ("Nov 24 09:00:00 host cron[1]: job ended", Level.NONE, NINE, "job ended"),
    ("<11>Nov 24 09:00:00 host app: broken", Level.ERROR, NINE, "broken"),
    ("<165>1 2026-11-24T09:00:00.000Z host app - ID1 - fine", Level.INFO, NINE, "host app - ID1 - fine"),
    ('1.2.3.4 - bob [24/Nov/2026:10:00:00 +0100] "GET /a HTTP/1.1" 502 1', Level.ERROR, NINE, '"GET /a HTTP/1.1" 502'),
    (
        '1.2.3.4 - - [24/Nov/2026:09:00:00 +0000] "GET /error HTTP/1.1" 200 1',
        Level.NONE,
        NINE,
        '"GET /error HTTP/1.1" 200',
    ),
    ("2026/11/24 09:00:00 [error] 1#0: *5 open() failed", Level.ERROR, NINE, "1#0: *5 open() failed"),
    ("[Tue Nov 24 09:00:00.000000 2026] [core:error] [pid 1] denied", Level.ERROR, NINE, "[pid 1] denied"),
    ("2026-11-24 09:00:00.000 UTC [1] u@shop ERROR:  no table", Level.ERROR, NINE, "no table"),
    ("2026-11-24 09:00:00.000 UTC [1] LOG:  ready", Level.INFO, NINE, "ready"),
    ("E1124 09:00:00.000000       1 reflector.go:127] failed", Level.ERROR, NINE, "failed"),
    ('level=error ts=2026-11-24T09:00:00Z msg="it broke" code=5', Level.ERROR, NINE, "it broke"),
    ("WARNING:root:watch out", Level.WARNING, None, "watch out"),
    (
        "2026-11-24 09:00:00.000  WARN 12 --- [nio-1] o.s.Foo : careful",
        Level.WARNING,
        NINE,
        "12 --- [nio-1] o.s.Foo : careful",
    ),
    ("26/11/24 09:00:00 INFO Executor: started", Level.INFO, NINE, "Executor: started"),
    ("11-24 09:00:00.000  17  23 D WindowManager: drawn", Level.DEBUG, NINE, "WindowManager: drawn"),
    ("09:00:00.000 [main] ERROR c.e.App - failed", Level.ERROR, NINE, "c.e.App - failed"),
    ("261124 090000 143 INFO dfs.Node: received", Level.INFO, NINE, "dfs.Node: received"),
    (
        '1.2.3.4 - - [24/Nov/2026:09:00:00 +0000] "GET /a\\"b HTTP/1.1" 503 1',
        Level.ERROR,
        NINE,
        '"GET /a\\"b HTTP/1.1" 503',
    ),
    ('{"@l":"Error","@t":"2026-11-24T09:00:00Z","@m":"Serilog"}', Level.ERROR, NINE, "Serilog"),
    ("panic: index out of range", Level.CRITICAL, None, "index out of range"),
    ("Error: cannot find module", Level.ERROR, None, "cannot find module"),
    ("2026-11-24T09:00Z ERROR no seconds", Level.ERROR, NINE, "no seconds"),
    ("2026-11-24 10:00+01:00 WARN no seconds", Level.WARNING, NINE, "no seconds"),
    ("2026-11-24 09:00 INFO no zone either", Level.INFO, NINE, "no zone either"),
    ("20261124T090000Z ERROR packed", Level.ERROR, NINE, "packed"),
    ("20261124T100000.000+0100 ERROR packed", Level.ERROR, NINE, "packed"),
    ("[20261124T0900Z] ERROR packed, no seconds", Level.ERROR, NINE, "packed, no seconds"),
    ("20261124-09:00:00:000|Step|30002312|counted", Level.NONE, NINE, "Step|30002312|counted"),
    ('{"time":"20261124T090000Z","level":"error","msg":"packed"}', Level.ERROR, NINE, "packed"),
    ('{"time":"2026-11-24T09:00Z","level":"error","msg":"short"}', Level.ERROR, NINE, "short"),
    (
        '{"timeUnixNano":"1795510800000000000","severityNumber":17,"body":{"stringValue":"OTLP"}}',
        Level.ERROR,
        NINE,
        "OTLP",
    ),
    ('{"timeUnixNano":1795510800000000000,"severityText":"WARN","body":"flat"}', Level.WARNING, NINE, "flat"),
    ('{"timeUnixNano":"0","observedTimeUnixNano":"1795510800000000000","body":"late"}', Level.NONE, NINE, "late"),
    ('{"severityNumber":9,"severityText":"Error","body":"text first"}', Level.ERROR, None, "text first"),
    ('{"timestamp":{"seconds":1795510800,"nanos":0},"severity":"ERROR","message":"pb"}', Level.ERROR, NINE, "pb"),
    ('{"message":"pb","time":{"nanos":500000,"seconds":"1795510800"},"level":"info"}', Level.INFO, NINE, "pb"),
    ('{"t":{"$date":"2026-11-24T10:00:00.000+01:00"},"s":"E","c":"NET","msg":"mongod"}', Level.ERROR, NINE, "mongod"),
    ('{"t":{"$date":"2026-11-24T09:00:00Z"},"s":"D2","msg":"mongod"}', Level.DEBUG, NINE, "mongod"),
    ('2026-11-24T09:00:00Z {"level":"error","msg":"behind a time"}', Level.ERROR, NINE, "behind a time"),
    ('2026-11-24T08:00:00Z {"level":"error","msg":"a","ts":1795510800}', Level.ERROR, NINE, "a"),
    ('2026-11-24T09:00:00Z INFO {"level":"error","msg":"a child\'s"}', Level.ERROR, NINE, "a child's"),
    ('Nov 24 09:00:00 host app[7]: {"severity":"warning","message":"m"}', Level.WARNING, NINE, "m"),
    ('shop-1  | {"level":"error","msg":"composed"}', Level.ERROR, None, "composed"),
    ('[pod/shop-7f/app] {"level":"error","msg":"prefixed"}', Level.ERROR, None, "prefixed"),
    ('shop-7f8c9 app {"level":"error","msg":"of two words"}', Level.ERROR, None, "of two words"),
    ("E, [2026-11-24T09:00:00.000123 #123] ERROR -- : broke", Level.ERROR, NINE, "broke"),
    ("I, [2026-11-24T09:00:00.000123 #123]  INFO -- shop: sold", Level.INFO, NINE, "shop: sold"),
    ("F, [2026-11-24T09:00:00#123] FATAL -- : gone", Level.CRITICAL, NINE, "gone"),
    ("A, [2026-11-24T09:00:00.000123 #123]   ANY -- : whatever", Level.NONE, NINE, "whatever"),
    ("\x1b[31mERROR\x1b[0m 2 \x1b[1mbold\x1b[22m", Level.ERROR, None, "2 bold"),
    ("2026-11-24T09:00:00Z \x1b[1;31mERROR\x1b[0m broke", Level.ERROR, NINE, "broke"),
    ("\x1b[90m2026-11-24T09:00:00Z\x1b[0m [\x1b[33mwarn\x1b[39m] \x1b[38;5;9mtint\x1b[m", Level.WARNING, NINE, "tint"),
    ("2026-11-24T09:00:00Z INFO \x1b]8;;http://a\x07link\x1b]8;;\x1b\\ behind", Level.INFO, NINE, "link behind"),
    (
        '{"level":"\\u001b[31merror\\u001B[39m","message":"\\u001b[1mred\\u001b[0m \\"x\\""}',
        Level.ERROR,
        None,
        'red \\"x\\"',
    ),
]


@pytest.mark.parametrize(("line", "level", "at", "message"), LINES, ids=[line[0][:40] for line in LINES])
def test_level_time_and_message_are_read(line: str, level: Level, at: datetime | None, message: str) -> None:
    parsed = parse(line)
    assert parsed is not None
    assert (parsed.level, when(parsed), parsed.message.decode()) == (level, at, message)


@pytest.mark.parametrize(
    "line",
    [
        "hello world",
        "finished with 0 ERROR lines",
        "the ERROR was mine",
        "an error: not a level here",
        "2026 was good",
        "{broken",
        '2026-11-24T09:00:00Z sent the event {"level":"error","msg":"theirs"}',
        '2026-11-24T09:00:00Z {"code":5}',
        'took a message {"msg":"x","level":"error"}',
        "20261124-order was sold",
        "X, [2026-11-24T09:00:00 #1] ERROR -- : no such letter",
    ],
)
def test_a_plain_line_has_no_level_whatever_words_are_in_it(line: str) -> None:
    parsed = parse(line)
    assert parsed is None or parsed.level is Level.NONE


def test_a_time_without_a_year_is_the_last_such_moment() -> None:
    parsed = parse("Dec 31 23:59:59 host app: late", datetime(2026, 1, 1, 0, 5, tzinfo=UTC))
    assert parsed is not None
    assert when(parsed) == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_no_moment_is_no_time() -> None:
    parsed = parse("2026-02-31 09:00:00 ERROR odd")
    assert parsed is None or parsed.at is None


def test_words_before_an_object_keep_their_own_level() -> None:
    line = '2026-11-24T09:00:00Z INFO got {"level":"error","msg":"theirs"}'
    parsed = parse(line)
    assert parsed is not None
    assert (parsed.level, parsed.message.decode()) == (Level.INFO, 'got {"level":"error","msg":"theirs"}')


def test_fractions_of_a_second_are_kept_whatever_the_form() -> None:
    for line in (
        "20261124T090000.25Z INFO a",
        '{"timeUnixNano":"1795510800250000000","body":"a"}',
        '{"time":{"seconds":1795510800,"nanos":250000000},"msg":"a"}',
    ):
        parsed = parse(line)
        assert parsed is not None
        assert when(parsed) == NINE.replace(microsecond=250_000)


def test_a_time_stamp_without_a_zone_says_so() -> None:
    assert parse("2026-11-24 09:00:00 INFO a").zoneless  # type: ignore[union-attr]
    assert not parse("2026-11-24 09:00:00Z INFO a").zoneless  # type: ignore[union-attr]
