"""Settings: documented, checked at start, and a secret that is one and stays so."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from settings import ROOT, STAFF_ROLES, Settings, SettingsError, load_settings

UNITS = {
    "minutes": "minutes", "hours": "hours", "days": "days", "seconds": "seconds", "bytes": "bytes", "length": "characters",
    "workers": "processes", "threads": "threads", "proxies": "proxies", "kept": "snapshots", "process": "streams",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MADOGUCHI_{name.upper()}", raising=False)
    load_settings.cache_clear()


def documented_row(name: str) -> str:
    """The line of docs/settings.md that a setting must have."""
    field = Settings.model_fields[name]
    default = field.default
    if isinstance(default, Path):
        default = f"{default.relative_to(ROOT)}/"
    shown = "(empty)" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    numeric = field.annotation in (int, float)
    unit = next((unit for word, unit in UNITS.items() if numeric and word in name.split("_")), "–")
    return f"| `MADOGUCHI_{name.upper()}` | {shown} | {unit} | {field.description} |"


def test_the_documentation_lists_every_setting_with_its_default_unit_and_help_and_no_other() -> None:
    rows = re.findall(r"^\| `MADOGUCHI_.*$", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M)
    assert rows == [documented_row(name) for name in Settings.model_fields]


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if field.annotation is int])
def test_a_number_that_is_none_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MADOGUCHI_{name.upper()}", "many")
    with pytest.raises(SettingsError, match=f"MADOGUCHI_{name.upper()}: .*integer"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("municipality", "99001"), ("municipality", "みどり野市"), ("port", "0"), ("port", "65536"), ("workers", "0"),
        ("threads", "1"), ("message_max_length", "49"), ("retention_days", "0"), ("snapshots_kept", "1"),
        ("snapshot_check_seconds", "0"), ("secure_cookies", "perhaps"), ("ner", "2"), ("log_level", "LOUD"),
        ("timezone", "Asia/Midorino"), ("timezone", ""),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MADOGUCHI_{name.upper()}", value)
    with pytest.raises(SettingsError, match=f"^MADOGUCHI_{name.upper()}: "):
        load_settings()


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_PORT", "http")
    monkeypatch.setenv("MADOGUCHI_WORKERS", "999")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["MADOGUCHI_PORT", "MADOGUCHI_WORKERS"]


def test_a_message_says_what_the_setting_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_RETENTION_DAYS", "-1")
    with pytest.raises(SettingsError, match="Days after which conversations are deleted for good"):
        load_settings()


def test_values_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MADOGUCHI_INSTANCE", str(tmp_path))
    monkeypatch.setenv("MADOGUCHI_PORT", "8123")
    settings = load_settings()
    assert (settings.port, settings.resolved_database_url) == (8123, f"sqlite:///{tmp_path}/madoguchi.db")


def test_the_defaults_alone_are_a_working_configuration() -> None:
    assert load_settings().municipality == "990019"


def test_the_secret_is_readable_by_its_owner_only_and_stable(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path / "new")
    key = settings.secret_key()
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert Settings(instance=tmp_path / "new").secret_key() == key
    assert Settings(instance=tmp_path / "other").secret_key() != key


def test_nothing_but_the_secret_is_left_in_the_folder(tmp_path: Path) -> None:
    Settings(instance=tmp_path).secret_key()
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_threads_racing_for_a_secret_that_is_not_there_yet_get_the_same(tmp_path: Path) -> None:
    for attempt in range(50):
        settings, keys = Settings(instance=tmp_path / str(attempt)), []
        start = threading.Barrier(8)

        def get(settings: Settings = settings, keys: list[str] = keys, start: threading.Barrier = start) -> None:
            start.wait()
            keys.append(settings.secret_key())

        racers = [threading.Thread(target=get) for _ in range(8)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert len(keys) == 8
        assert len(set(keys)) == 1
        assert len(keys[0]) == 64


@pytest.mark.process
def test_processes_racing_for_a_secret_get_the_same(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from settings import Settings\n"
        "settings = Settings(instance=Path(sys.argv[1])); sys.stdin.read()\n"
        "print(settings.secret_key())"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    racers = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for racer in racers:  # each waits for the end of its input, so that all of them set off together
        assert racer.stdin is not None
        racer.stdin.close()
    keys = {racer.stdout.read().strip() for racer in racers if racer.stdout is not None}
    assert [racer.wait(30) for racer in racers] == [0] * 6
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_the_roles_a_setting_may_name_are_those_of_accounts() -> None:
    from accounts import Role

    assert tuple(Role) == STAFF_ROLES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECOND_FACTOR_ROLES", "administrator mayor"),
        ("OIDC_NEW_ROLE", "viewer agent"),
        ("OIDC_ISSUER", "http://login.city.example"),
        ("OIDC_ISSUER", "https://user@login.city.example"),
        ("OIDC_ISSUER", "login.city.example"),
    ],
)
def test_a_wrong_setting_of_the_sign_in_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MADOGUCHI_{name}", value)
    with pytest.raises(SettingsError, match=f"MADOGUCHI_{name}"):
        load_settings()


def test_an_issuer_without_its_client_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_OIDC_ISSUER", "https://login.city.example/realms/staff")
    with pytest.raises(SettingsError, match="MADOGUCHI_OIDC_CLIENT_SECRET"):
        load_settings()
    monkeypatch.setenv("MADOGUCHI_OIDC_CLIENT_ID", "madoguchi")
    monkeypatch.setenv("MADOGUCHI_OIDC_CLIENT_SECRET", "of the client")
    assert "of the client" not in repr(load_settings())
