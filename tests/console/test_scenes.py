"""Every page in every scene: it renders, says what it does not know, and lets nothing from outside become markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from tests.console import scenes

from accelerapp.console import frame

OF_SERVICE = [
    "",
    "/logs",
    "/review",
    "/compare",
    "/health",
    "/scale",
    "/scale?replicas=0",
    "/restart",
    "/version?version=2",
]
VOID = {"meta", "link", "input", "img", "br", "use"}


class Checked(HTMLParser):
    """Reads a page as a browser would and collects what must not be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.labelled: set[str] = set()
        self.fields: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.troubles.append("inline script")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self.troubles.append(f"{name} attribute on {tag}")
            if name in ("href", "src") and (value or "").lower().startswith("javascript:"):
                self.troubles.append(f"{tag} leads to {value}")
        if tag == "label" and "for" in given:
            self.labelled.add(given["for"] or "")
        if tag in ("input", "select") and given.get("type") != "hidden" and "aria-label" not in given:
            inside_a_label = "label" in self.open
            if not inside_a_label and given.get("class") != "hidden":
                self.fields.add(given.get("id") or f"a {tag} without id")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.troubles.append(f"</{tag}> closes something else")


def browser(app: scenes.FakeApp, role: str = "admin") -> TestClient:
    return TestClient(scenes.site(app), cookies={"accelerapp_session": role}, base_url="http://127.0.0.1")


def checked(html: str) -> Checked:
    page = Checked()
    page.feed(html)
    assert page.troubles == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    assert page.fields <= page.labelled, "a field has no label"
    return page


@pytest.mark.parametrize("scene", scenes.SCENES)
def test_every_page_of_every_scene_is_sound_and_small(scene: str) -> None:
    app = scenes.SCENES[scene]()
    client = browser(app)
    paths = ["/", "/account", *(f"/services/{each.name}{part}" for each in app.services[:1] for part in OF_SERVICE)]
    for path in paths:
        answer = client.get(path)
        # Acts need to know how the service stands; everything else is shown without.
        refused = scene == "unknown" and any(act in path for act in ("scale", "restart", "version"))
        assert answer.status_code == (503 if refused else 200), path
        assert len(answer.content) < 200_000
        checked(answer.text)


@pytest.mark.parametrize("path", ["/login", "/setup", "/services/nothing", "/services/shop?minutes=soon", "/nowhere"])
def test_pages_around_the_console_are_sound(path: str) -> None:
    checked(browser(scenes.fresh()).get(path).text)


def test_hostile_text_stays_text_on_every_page_and_in_every_live_part() -> None:
    app = scenes.hostile()
    client = browser(app)
    for part in OF_SERVICE:
        html = client.get(f"/services/bookshop{part}").text
        assert "<script>alert" not in html
        assert "\u202e" not in html
        assert "\x1b" not in html
    assert "&lt;script&gt;alert(1)" in client.get("/services/bookshop").text
    assert scenes.ARABIC in client.get("/services/bookshop/logs").text


def test_a_platform_that_cannot_tell_leaves_the_rest_of_the_page() -> None:
    html = browser(scenes.unknown()).get("/services/bookshop").text
    assert html.count("The supervisor does not run.") > 3
    assert "Start it with <code>accelerapp up</code>." in html
    assert "The last check was 14 min ago; it then said healthy." in html
    assert 'data-plot="cpu"' in html  # what is in our own store is still drawn
    assert re.search(r"<td[^>]*>88</td>", html)


def test_an_overview_says_first_what_needs_somebody_the_most_urgent_first() -> None:
    html = browser(scenes.degraded()).get("/").text
    assert "2 services need a look" in html
    summary = html[html.index('id="summary"') : html.index("</section>")]
    assert summary.index("mailer") < summary.index("bookshop")
    assert "search" not in summary


def test_a_calm_overview_says_that_all_is_well() -> None:
    html = browser(scenes.well()).get("/").text
    assert "Both services are well" in html
    assert 'data-tone="warning"' not in html


def test_an_overview_without_a_service_teaches_how_to_add_one() -> None:
    html = browser(scenes.empty()).get("/").text
    assert "accelerapp init" in html
    assert "[services.shop.local]" in html
    assert "data-stream" not in html


def test_a_service_that_was_just_described_says_what_will_stand_where() -> None:
    html = browser(scenes.fresh()).get("/services/shop").text
    assert "Not checked yet" in html
    assert "No replica runs yet; 2 replicas are wanted." in html
    assert "the first values appear within a minute" in html


def test_services_are_found_by_a_part_of_their_name() -> None:
    client = browser(scenes.many())
    html = client.get("/?q=SHOP-3").text
    assert 'id="row-shop-3"' in html
    assert 'id="row-shop-4"' not in html
    assert "No service has" in client.get("/?q=nothing").text


def test_a_log_is_filtered_by_level_text_and_replica() -> None:
    app = scenes.degraded()
    client = browser(app)
    html = client.get("/services/bookshop/logs?level=error&match=declined&replica=bookshop-1&lines=500").text
    assert app.questions[-1] == "tail bookshop error declined ('bookshop-1',)" or any(
        each == "tail bookshop error declined ('bookshop-1',)" for each in app.questions
    )
    assert '<div data-level="error"><b title="bookshop-1">bookshop-1</b>' in html
    assert '<option value="bookshop-1" selected>' in html


def test_a_filter_that_is_no_regular_expression_is_said_at_the_field() -> None:
    html = browser(scenes.well()).get("/services/bookshop/logs?match=(").text
    assert "is not a regular expression" in html
    assert 'aria-invalid="true"' in html


def test_an_act_is_said_confirmed_done_and_said_again() -> None:
    app = scenes.well()
    client = browser(app, "responder")
    assert "Scale bookshop from 3 to 4?" in client.get("/services/bookshop/scale?replicas=4").text
    html = client.post("/services/bookshop/scale", data={"csrf": "token", "replicas": "4"}).text
    assert "The new number of replicas is wanted" in html
    assert "bookshop-4" in html


def test_going_back_names_the_version_and_the_revision() -> None:
    app = scenes.well()
    client = browser(app, "responder")
    html = client.get("/services/bookshop/undo?to=1").text
    assert "Roll back bookshop to 0.9.0" in html
    client.post("/services/bookshop/undo", data={"csrf": "token", "to": "1"})
    assert app.fake.workload(app.services[0].name).version == "0.9.0"


def test_a_version_that_does_not_exist_is_said_and_asked_for_again() -> None:
    answer = browser(scenes.well()).post("/services/bookshop/version", data={"csrf": "token", "version": "7"})
    assert answer.status_code == 404
    assert "There is no release 7" in answer.text
    assert 'name="version"' in answer.text


def test_the_page_cannot_be_made_to_say_what_somebody_elses_link_wants() -> None:
    html = browser(scenes.well()).get("/services/bookshop?did=<b>you have won</b>").text
    assert "you have won" not in html


def test_a_viewer_is_offered_nothing_to_do() -> None:
    html = browser(scenes.well(), "viewer").get("/services/bookshop").text
    assert "data-may-operate" not in html
    assert "/services/bookshop/restart" not in html
    refused = browser(scenes.well(), "viewer").get("/services/bookshop/restart").text
    assert "Only responders and administrators" in refused
    assert "<button" not in refused[refused.index("<main") : refused.index("</main>")]


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back() -> None:
    answer = TestClient(scenes.site(scenes.well()), base_url="http://127.0.0.1").get(
        "/services/bookshop/logs?level=error", follow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/services/bookshop/logs%3Flevel%3Derror"


def test_a_check_can_be_asked_for_again() -> None:
    app = scenes.degraded()
    html = browser(app).post("/services/bookshop/health", data={"csrf": "token"}).text
    assert "check bookshop" in app.questions
    assert "2 of 2 replicas ready" in html


def test_ones_own_password_is_changed_with_the_old_one() -> None:
    app = scenes.well()
    site = scenes.site(app)
    client = TestClient(site, cookies={"accelerapp_session": "viewer"}, base_url="http://127.0.0.1")
    new = {"csrf": "token", "password": "another long one", "password2": "another long one"}
    assert "not the same" in client.post("/account/password", data={**new, "old": "x", "password2": "y"}).text
    assert "is not your password" in client.post("/account/password", data={**new, "old": "x"}).text
    assert site.state.access.passwords["ana"] == "correct horse"
    done = client.post("/account/password", data={**new, "old": "correct horse"}, follow_redirects=False)
    assert done.headers["location"].startswith("/login")
    assert site.state.access.passwords["ana"] == "another long one"


def test_the_colours_are_the_viewers_choice() -> None:
    client = browser(scenes.well())
    assert '"(prefers-color-scheme: dark)"' in client.get("/").text
    client.cookies.set("theme", "dark")
    assert re.search(r'dark\.css[^>]*media="all"', client.get("/").text)
    client.cookies.set("theme", '"><script>')
    assert '"(prefers-color-scheme: dark)"' in client.get("/").text


def test_styles_and_our_own_script_keep_to_their_budgets() -> None:
    styles = sum(path.stat().st_size for path in frame.STATIC.glob("*.css"))
    assert styles < 20 * 1024
    assert (frame.STATIC / "console.js").stat().st_size < 15 * 1024
    scripts = sum(path.stat().st_size for path in frame.STATIC.rglob("*.js"))
    assert scripts < 80 * 1024


def test_both_colour_sets_have_the_same_tokens() -> None:
    light, dark = (
        set(re.findall(r"--[a-z0-9-]+(?=:)", (frame.STATIC / name).read_text())) for name in ("console.css", "dark.css")
    )
    assert dark <= light
    colours = re.findall(r"(--[a-z0-9-]+): #", (frame.STATIC / "console.css").read_text())
    assert set(colours) <= dark


@pytest.mark.parametrize("name", ["console.css", "dark.css"])
def test_text_has_enough_contrast(name: str) -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for the edges of fields."""
    tokens = dict(re.findall(r"(--[a-z0-9-]+): (#[0-9a-f]{3,6})\b", (frame.STATIC / name).read_text()))
    grounds = [tokens[f"--{ground}"] for ground in ("ground", "surface", "sunken")]
    for token in ("text", "muted", "ok", "notice", "warning", "critical", "unknown", "faint"):
        assert min(contrast(tokens[f"--{token}"], ground) for ground in grounds[:2]) >= 4.5, token
    assert contrast(tokens["--muted"], grounds[2]) >= 4.5
    assert contrast(tokens["--line-strong"], tokens["--surface"]) >= 3
    assert contrast(tokens["--on-ink"], tokens["--ink"]) >= 4.5


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
