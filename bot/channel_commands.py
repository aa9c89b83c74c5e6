"""`python -m bot.channel_state show|banner|clear|off|on`: banner and kill switch when the staff pages cannot be reached."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import channel_state
from bot.banners import LEVELS, BannerRefused, checked
from bot.channel_state import ALL, CHANNELS, ChannelState
from bot.wording import say
from database import Database, now
from knowledge import store
from settings import Settings, SettingsError, load_settings

ACTOR = "command line"
EPILOG = "It takes effect within a minute. Exit codes: 0 done, 2 wrong use or refused."


def parser(settings: Settings) -> argparse.ArgumentParser:
    """The command line; `settings.municipality` is meant when --municipality is left out."""
    top = argparse.ArgumentParser(
        prog="python -m bot.channel_state", description="Emergency banner and kill switch of each channel.", epilog=EPILOG
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--municipality", metavar="CODE", default=settings.municipality, help="団体コード (default: %(default)s)")
    channel = argparse.ArgumentParser(add_help=False, parents=[common])
    channel.add_argument("--channel", choices=CHANNELS, default=ALL, help="default: %(default)s")
    commands = top.add_subparsers(dest="command", required=True, metavar="show|banner|clear|off|on")
    commands.add_parser("show", parents=[common], help="print what holds now, as JSON")
    banner = commands.add_parser("banner", parents=[channel], help="show a banner to residents", epilog=EPILOG)
    banner.add_argument("text", metavar="TEXT", help="the Japanese text")
    banner.add_argument("--yasashii", default="", metavar="TEXT", help="the text in plain Japanese")
    banner.add_argument("--en", default="", metavar="TEXT", help="the text in English")
    banner.add_argument("--level", choices=LEVELS, default=LEVELS[0], help="default: %(default)s")
    banner.add_argument("--link", default="", metavar="URL", help="official information; needed when it is about an evacuation")
    banner.add_argument("--hours", type=float, default=6.0, help="shown for so many hours (default: %(default)s)")
    commands.add_parser("clear", parents=[channel], help="take the banner down")
    off = commands.add_parser("off", parents=[channel], help="switch automatic answers off (kill switch)", epilog=EPILOG)
    off.add_argument("--reason", default="", help="for staff only")
    commands.add_parser("on", parents=[channel], help="switch automatic answers on again")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command on the database of the settings and print what holds afterwards."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    arguments = parser(settings).parse_args(argv)
    database = Database(settings.resolved_database_url)
    try:
        with database.write() as session:
            if store.municipality(session, arguments.municipality) is None:
                print(f"there is no municipality {arguments.municipality}", file=sys.stderr)
                return 2
            _run(session, arguments)
            states = channel_state.states(session, arguments.municipality)
    except BannerRefused as refused:
        print(say(f"staff_channels.banner_{refused.reason}"), refused.detail, file=sys.stderr)
        return 2
    finally:
        database.dispose()
    described = {state.channel: _described(state, settings) for state in states.values()}
    print(json.dumps({"municipality": arguments.municipality, "channels": described}, ensure_ascii=False, indent=1))
    return 0


def _run(session: Session, arguments: argparse.Namespace) -> None:
    code = arguments.municipality
    match arguments.command:
        case "banner":
            texts = {"ja": arguments.text, "yasashii": arguments.yasashii, "en": arguments.en}
            at = now()
            made = checked(texts, arguments.level, arguments.link, _end(at, arguments.hours), at)
            channel_state.raise_banner(session, code, arguments.channel, made, ACTOR, None)
        case "clear":
            channel_state.lower_banner(session, code, arguments.channel, ACTOR, None)
        case "off":
            channel_state.switch_off(session, code, arguments.channel, arguments.reason, ACTOR, None)
        case "on":
            channel_state.switch_on(session, code, arguments.channel, ACTOR, None)


def _end(at: datetime, hours: float) -> datetime:
    try:
        return at + timedelta(hours=hours)
    except (OverflowError, ValueError):
        raise BannerRefused("no_end") from None


def _described(state: ChannelState, settings: Settings) -> dict[str, object]:
    banner = state.banner
    shown = banner is not None and banner.until > now()
    return {
        "banner": {**banner.to_json(), "until": banner.until.astimezone(settings.zone).isoformat()} if banner and shown else None,
        "switched_off": state.switched_off,
        "reason": state.off_reason,
        "changed_by": state.changed_by,
        "changed_at": state.changed_at.astimezone(settings.zone).isoformat() if state.changed_at else None,
    }
