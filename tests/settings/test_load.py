"""Reading the settings: file, environment, references, and all mistakes at once."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from accelerapp.base import errors
from accelerapp.base.settings import load

SHOP = """
[services.shop]
url = "http://127.0.0.1:8080/health"
[services.shop.local]
releases = "releases"
release = "1.0.0"
command = ["{python}", "shop.py"]
"""


@pytest.fixture
def write(tmp_path):
    def write(content: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "accelerapp.toml"
        path.write_bytes(content.encode(encoding))
        return path

    return write


def problems(path: Path | None, environ: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(errors.InvalidInputError) as caught:
        load.load(path, environ or {})
    return {problem.field: problem.reason for problem in caught.value.problems}


def test_without_a_file_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load.load(None, {})
    assert (settings.source, settings.server.port, settings.services) == (None, 8000, {})
    assert settings.data.folder == tmp_path / ".accelerapp"


def test_five_mistakes_are_told_at_once_each_with_its_field(write):
    path = write(
        """
        colour = "red"
        [server]
        port = 99999
        [health]
        timeout = "soon"
        [services.Shop]
        [services.ok.local]
        release = "1"
        command = []
        """
    )
    found = problems(path)
    assert set(found) == {
        "colour",
        "server.port",
        "health.timeout",
        "services.Shop",
        "services.ok.local.releases",
        "services.ok.local.command",
    }
    assert found["colour"] == "there is no such setting."
    assert found["services.ok.local.releases"] == "is missing."
    assert "15m" in found["health.timeout"]


def test_the_message_is_one_text_that_names_the_file_and_every_mistake(write):
    path = write("[server]\nport = 0\nhots = 1\n")
    with pytest.raises(errors.InvalidInputError) as caught:
        load.load(path, {})
    assert caught.value.message.startswith(f"{path} has 2 mistakes:\n  - server.port: ")
    assert "\n  - server.hots: there is no such setting." in caught.value.message


@pytest.mark.parametrize("content", ["[server", "port = 1\nport = 2", "x = "])
def test_what_is_not_toml_is_told_with_its_place(write, content):
    with pytest.raises(errors.WrongUseError, match="is not valid TOML: "):
        load.load(write(content), {})


def test_a_file_in_another_encoding_and_one_that_is_not_there_are_told(write, tmp_path):
    with pytest.raises(errors.WrongUseError, match="cannot be read"):
        load.load(write('# "Köln"', "latin-1"), {})
    with pytest.raises(errors.WrongUseError, match="There is no settings file"):
        load.load(tmp_path / "none.toml", {})
    with pytest.raises(errors.WrongUseError, match="There is no settings file"):
        load.load(None, {"ACCELERAPP_CONFIG": str(tmp_path / "none.toml")})


def test_an_empty_file_is_valid(write):
    assert load.load(write(""), {}).services == {}


# -- the environment ---------------------------------------------------------------------------------------------------


def test_the_environment_goes_over_the_file(write):
    path = write("[server]\nport = 1\nhost = '127.0.0.2'\n" + SHOP)
    settings = load.load(
        path,
        {
            "ACCELERAPP_SERVER__PORT": "8001",
            "ACCELERAPP_HEALTH__SLOW_RESPONSE": "5s",
            "ACCELERAPP_SERVICES__SHOP__OWNER": "team",
            "DATABASE_URL": "postgresql://db/name",
        },
    )
    assert (settings.server.port, settings.server.host) == (8001, "127.0.0.2")
    assert settings.health.slow_response == timedelta(seconds=5)
    assert settings.services["shop"].owner == "team"
    assert settings.data.database_url.get_secret_value() == "postgresql://db/name"


def test_a_service_with_a_hyphen_is_named_with_an_underscore(write):
    path = write(SHOP.replace("shop", "my-shop", 2))
    settings = load.load(path, {"ACCELERAPP_SERVICES__MY_SHOP__URL": "http://x"})
    assert settings.services["my-shop"].url == "http://x"


def test_what_is_not_a_setting_is_left_alone(write):
    environ = {"ACCELERAPP_URL": "http://x", "ACCELERAPP_TOKEN": "t", "ACCELERAPP_CONFIG": "", "OTHER__X": "1"}
    assert load.load(write(""), environ).server.port == 8000


def test_a_mistake_in_the_environment_is_told_like_one_in_the_file(write):
    assert set(problems(write(""), {"ACCELERAPP_SERVER__PROT": "1"})) == {"server.prot"}
    assert set(problems(write(""), {"ACCELERAPP_SERVER__PORT": "many"})) == {"server.port"}


# -- references and secrets --------------------------------------------------------------------------------------------


def test_references_are_followed_and_a_file_is_seen_from_the_settings_file(write, tmp_path):
    (tmp_path / "secret").write_text("postgresql://file\n")
    path = write(
        '[data]\ndatabase_url = "env:DB"\n'
        + SHOP.replace("[services.shop.local]", 'database = "file:secret"\n[services.shop.local]')
    )
    settings = load.load(path, {"DB": "postgresql://env"})
    assert settings.data.database_url.get_secret_value() == "postgresql://env"
    assert settings.services["shop"].database.get_secret_value() == "postgresql://file"


def test_references_that_lead_nowhere_are_mistakes_among_the_others(write):
    path = write('[data]\ndatabase_url = "env:NONE"\n[server]\nport = 0\nurl = "file:none"\n')
    found = problems(path)
    assert set(found) == {"data.database_url", "server.port", "server.url"}
    assert found["data.database_url"] == "the environment has no NONE."


def test_a_secret_is_in_no_text_that_could_be_printed(write):
    path = write('[data]\ndatabase_url = "env:DB"\n' + SHOP)
    settings = load.load(path, {"DB": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    wrong = write('[data]\ndatabase_url = "env:DB"\nfodler = "env:DB"\n')
    with pytest.raises(errors.InvalidInputError) as caught:
        load.load(wrong, {"DB": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("place", ["channels.hook.secrets", "channels.ntfy.token", "issues.token"])
def test_a_secret_that_stands_in_the_file_itself_is_refused_and_not_repeated(write, place):
    section, _, field = place.rpartition(".")
    value = '["hunter2"]' if field == "secrets" else '"hunter2"'
    path = write(f'[{section}]\nkind = "x"\n{field} = {value}\n')
    assert problems(path)[place] == "is a secret and stands in the file."
    with pytest.raises(errors.InvalidInputError) as caught:
        load.load(path, {})
    assert "hunter2" not in str(caught.value)


# -- folders -----------------------------------------------------------------------------------------------------------


def test_folders_are_seen_from_the_settings_file_and_addresses_stay(write, tmp_path):
    extra = 'repository = "code"\nlogs = ["log/*.log", "s3://bucket/log"]\n[services.shop.local]'
    settings = load.load(write(SHOP.replace("[services.shop.local]", extra)), {})
    shop = settings.services["shop"]
    assert shop.local.releases == tmp_path / "releases"
    assert shop.logs == (str(tmp_path / "log/*.log"), "s3://bucket/log")
    assert shop.repository == str(tmp_path / "code")
    assert settings.data.folder == tmp_path / ".accelerapp"


@pytest.mark.parametrize("address", ["https://git.example.com/shop", "git@git.example.com:shop.git"])
def test_the_address_of_a_repository_stays(write, address):
    settings = load.load(
        write(SHOP.replace("[services.shop.local]", f'repository = "{address}"\n[services.shop.local]')), {}
    )
    assert settings.services["shop"].repository == address


def test_a_default_service_that_is_not_there_is_a_mistake(write):
    assert "default_service names 'web'" in "".join(problems(write('default_service = "web"\n' + SHOP)).values())


# -- services on Kubernetes --------------------------------------------------------------------------------------------

WEB = """
[services.web]
platform = "kubernetes"
[services.web.kubernetes]
"""


def test_a_service_on_kubernetes_is_the_workload_of_its_name_in_the_default_namespace(write):
    found = load.load(write(WEB), {}).services["web"].kubernetes
    assert (found.namespace, found.workload, found.container, found.context, found.kubeconfig) == (
        "default",
        "",
        "",
        "",
        "",
    )


def test_a_kubeconfig_is_seen_from_the_settings_file(write, tmp_path):
    found = load.load(write(WEB + 'kubeconfig = "keys/cluster"'), {}).services["web"].kubernetes
    assert found.kubeconfig == str(tmp_path / "keys/cluster")


@pytest.mark.parametrize(
    ("line", "field", "word"),
    [
        ('workload = "pod/web"', "workload", "deployment, statefulset"),
        ('workload = "deployment/"', "workload", "small letters"),
        ('workload = "Web"', "workload", "small letters"),
        ('namespace = ""', "namespace", "small letters"),
        ('namespce = "web"', "namespce", "no such setting"),
    ],
)
def test_a_workload_that_cannot_exist_is_a_mistake(write, line, field, word):
    assert word in problems(write(WEB + line))[f"services.web.kubernetes.{field}"]


def test_the_platform_that_is_named_must_be_described(write):
    assert "table 'kubernetes'" in problems(write(WEB.replace("[services.web.kubernetes]", "")))["services.web"]
    undecided = problems(write(WEB.replace('platform = "kubernetes"', "")))["services.web"]
    assert "table 'local'" in undecided
    assert 'platform = "kubernetes"' in undecided


def test_times_of_day_and_pauses_may_be_switched_off_and_are_checked(write):
    usual = load.load(write(""), {}).paging
    assert (usual.handoff_before, usual.report_at) == (timedelta(0), time(9))
    off = load.load(write('[paging]\nhandoff_before = ""\nreport_at = ""'), {}).paging
    assert (off.handoff_before, off.report_at) == (None, None)
    given = load.load(write('[paging]\nhandoff_before = "30m"\nreport_at = "07:30"'), {}).paging
    assert (given.handoff_before, given.report_at) == (timedelta(minutes=30), time(7, 30))
    found = problems(write('[paging]\nhandoff_before = "8d"\nreport_at = "25:00"'))
    assert set(found) == {"paging.handoff_before", "paging.report_at"}
    assert "'25:00' is not a time of day such as 09:00" in found["paging.report_at"]
