"""The commented settings file that `accelerapp init` writes."""

from __future__ import annotations

import re
import tomllib

from accelerapp.base.settings import example, load, model

_FIELD = re.compile(r"^# ((?:[a-z_]+) = .*|\[.*\])$", re.MULTILINE)


def test_with_every_comment_kept_it_is_valid_and_sets_nothing(tmp_path):
    path = tmp_path / "accelerapp.toml"
    path.write_text(example.render())
    loaded = load.load(path, {})
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    defaults = load.load(empty, {})
    same = {"source", "data"}
    assert loaded.model_dump(exclude=same) == defaults.model_dump(exclude=same)
    assert loaded.data.folder == tmp_path / ".accelerapp"


def test_with_every_field_uncommented_it_is_valid(tmp_path):
    path = tmp_path / "accelerapp.toml"
    path.write_text(_FIELD.sub(r"\1", example.render()))
    loaded = load.load(path, {"SHOP_DATABASE_URL": "postgresql://db/shop", "SLACK_TOKEN": "xoxb-1"})
    assert list(loaded.services) == ["shop"]
    assert loaded.services["shop"].local.port == 8080
    assert loaded.channels["ops-slack"].kind == "slack"
    assert loaded.server.port == 8000


def test_it_names_every_setting_once_with_its_sentence():
    content = example.render()
    table = tomllib.loads(_FIELD.sub(r"\1", content))
    for name, section in (
        ("server", model.Server),
        ("data", model.Data),
        ("health", model.Health),
        ("alerts", model.Alerts),
        ("evaluation", model.Evaluation),
    ):
        assert set(table[name]) == set(section.model_fields)
    assert set(table["services"]["shop"]) == set(model.Service.model_fields)
    assert set(table["services"]["shop"]["local"]) == set(model.Local.model_fields)
    assert set(table["services"]["shop"]["kubernetes"]) == set(model.Kubernetes.model_fields)
    assert set(table["services"]["shop"]["slo"][0]) == set(model.Slo.model_fields)
    words = " ".join(content.replace("\n# ", " ").split())
    for section in (
        model.Server,
        model.Data,
        model.Health,
        model.Alerts,
        model.Evaluation,
        model.Slo,
        model.Service,
        model.Local,
        model.Kubernetes,
    ):
        for name, field in section.model_fields.items():
            if name not in ("local", "kubernetes", "slo"):
                assert field.description and " ".join(field.description.split()) in words
