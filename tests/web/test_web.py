"""What every page and route shares: who is asking, CSRF, errors, headers, hosts, bodies."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import sites

from accelerapp.access.model import Role
from accelerapp.web import identity


def test_a_person_who_is_not_signed_in_is_sent_to_sign_in_and_back(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
    browser = sites.client(app)
    answer = browser.get("/services/shop?range=6", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/services/shop%3Frange%3D6"
    page = browser.get(answer.headers["location"])
    assert "Sign in" in page.text
    wrong = browser.post("/login", data={"name": "ada", "password": "wrong password", "next": "/services/shop"})
    assert wrong.status_code == 401
    assert "name or the password is wrong" in wrong.text
    assert 'value="ada"' in wrong.text
    right = browser.post(
        "/login", data={"name": "ada", "password": sites.PASSWORD, "next": "/services/shop"}, follow_redirects=False
    )
    assert right.headers["location"] == "/services/shop"
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/services/shop").status_code == 200


def test_the_first_administrator_is_made_by_the_link_in_the_browser(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    link = app.access.new_setup_link()
    browser = sites.client(app)
    fields = {"token": link, "name": "ada", "password": sites.PASSWORD, "password2": sites.PASSWORD}
    assert link in browser.get(f"/setup?token={link}").text
    different = browser.post("/setup", data={**fields, "password2": "something else"})
    assert different.status_code == 422
    assert "not the same" in different.text
    assert browser.post("/setup", data=fields).status_code == 200
    assert "ada" in browser.get("/account").text


def test_signing_out_ends_the_session(tmp_path: Path) -> None:
    browser, csrf = sites.signed_in(sites.product(tmp_path))
    assert browser.get("/account").status_code == 200
    assert browser.post("/logout", data={"csrf": csrf}, follow_redirects=False).status_code == 303
    assert browser.get("/account", follow_redirects=False).status_code == 303


def test_an_act_without_the_sessions_csrf_token_is_refused(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    browser, csrf = sites.signed_in(app)
    for wrong in ({}, {"X-CSRF-Token": "guess"}, {"X-CSRF-Token": b"\xc3\xbcmlaut"}):
        answer = browser.post("/api/v1/services/shop/scale", json={"replicas": 3}, headers=wrong)
        assert answer.status_code == 403
        assert "out of date" in answer.json()["message"]
    assert app.platform(app.service()).workload(app.service().name).desired == 2
    right = browser.post("/api/v1/services/shop/scale", json={"replicas": 3}, headers={"X-CSRF-Token": csrf})
    assert right.status_code == 200


def test_a_program_without_a_token_gets_a_problem_document(tmp_path: Path) -> None:
    answer = sites.client(sites.product(tmp_path)).get("/api/v1/services")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["mend"]


def test_every_answer_carries_the_security_headers(tmp_path: Path) -> None:
    browser = sites.client(sites.product(tmp_path))
    numbers = set()
    for path in ("/health", "/login", "/nothing", "/api/v1/services", "http://evil.example/"):
        headers = browser.get(path).headers
        numbers.add(headers["x-request-id"])
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert len(numbers) == 5


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("ops.example.com", 200),
        ("evil.example", 400),
        ("", 400),
    ],
)
def test_only_our_own_names_are_answered(tmp_path: Path, host: str, status: int) -> None:
    browser = sites.client(sites.product(tmp_path, url="https://ops.example.com"))
    assert browser.get("/health", headers={"Host": host}).status_code == status


def test_a_body_above_the_limit_is_refused_also_without_a_length(tmp_path: Path) -> None:
    browser = sites.client(sites.product(tmp_path))
    big = b"x" * (1024 * 1024 + 1)
    assert browser.post("/login", content=big).status_code == 413
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/login", content=iter([b"name=", big]), headers=form).status_code == 413


def test_until_an_administrator_exists_only_this_machine_is_answered(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    stranger = sites.client(app, client=("10.1.2.3", 40000))
    assert stranger.get("/login").status_code == 403
    assert stranger.get("/health").status_code == 200
    app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
    assert stranger.get("/login").status_code == 200
    assert stranger.get("/metrics").status_code == 401
    assert stranger.get("/metrics", headers=sites.key(app, Role.VIEWER)).status_code == 200


def test_what_a_proxy_on_this_machine_passes_on_is_not_from_this_machine(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    proxied = {"X-Forwarded-For": "10.1.2.3"}
    assert sites.client(app).get("/login", headers=proxied).status_code == 403
    app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
    assert sites.client(app).get("/metrics", headers=proxied).status_code == 401
    assert sites.client(app).get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("http://127.0.0.1:3000", 403),
        ("null", 403),
        ("http://127.0.0.1:8000", 303),
        ("https://ops.example.com", 303),
    ],
)
def test_a_form_of_another_site_signs_nobody_in(tmp_path: Path, origin: str, status: int) -> None:
    app = sites.product(tmp_path, url="https://ops.example.com")
    app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
    fields = {"name": "ada", "password": sites.PASSWORD}
    answer = sites.client(app).post("/login", data=fields, headers={"Origin": origin}, follow_redirects=False)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 303)


def test_behind_tls_the_cookie_goes_by_tls_only(tmp_path: Path) -> None:
    for url, is_secure in (("https://ops.example.com", True), ("http://ops.example.com", False)):
        app = sites.product(tmp_path / url[:5].strip(":"), url=url)
        app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
        answer = sites.client(app).post(
            "/login", data={"name": "ada", "password": sites.PASSWORD}, follow_redirects=False
        )
        assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure


def test_too_many_tries_are_told_to_come_back_later(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    browser = sites.client(app)
    for _ in range(5):
        assert browser.post("/login", data={"name": "ada", "password": "wrong"}).status_code == 401
    closed = browser.post("/login", data={"name": "ada", "password": "wrong"})
    assert closed.status_code == 429
    assert int(closed.headers["retry-after"]) >= 1
    assert "Try again in" in closed.text


def test_the_second_of_two_who_open_the_link_is_told_clearly(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    link = app.access.new_setup_link()
    first, second = sites.client(app), sites.client(app)
    fields = {"token": link, "password": sites.PASSWORD, "password2": sites.PASSWORD}
    assert second.get(f"/setup?token={link}").status_code == 200
    assert first.post("/setup", data={**fields, "name": "ada"}, follow_redirects=False).status_code == 303
    late = second.post("/setup", data={**fields, "name": "eve"})
    assert late.status_code == 400
    assert "there is an administrator already" in late.text
    assert second.get(f"/setup?token={link}", follow_redirects=False).headers["location"] == "/login"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "javascript:x", "", "/a\nb"])
def test_the_way_on_after_sign_in_stays_here(target: str) -> None:
    assert identity.own_path(target) == "/"


def test_what_goes_wrong_inside_is_not_told_outside_but_logged_under_its_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = sites.product(tmp_path)

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    app.local_platform.workload = broken  # type: ignore[method-assign,assignment]
    answer = sites.client(app).get("/api/v1/services/shop/workload", headers=sites.key(app, Role.VIEWER))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    number = answer.headers["x-request-id"]
    assert number in answer.json()["mend"]
    assert [number in record.getMessage() for record in caplog.records] == [True]  # once
    assert "secret detail" in caplog.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
