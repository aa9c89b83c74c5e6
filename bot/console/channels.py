"""The page 「お知らせ・休止」: emergency banner and kill switch, for approvers and administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from accounts import Role
from authentication import Member
from bot import channel_state
from bot.banners import LANGUAGES, LEVELS, LONGEST_TEXT, Banner, BannerRefused, checked, filled, templates
from bot.channel_state import CHANNELS, ChannelState, StaleChannel, Switchboard
from bot.console import article_view
from bot.console.access import roles
from bot.console.pages import t
from bot.notices import notices_json
from bot.town import load_town
from database import Database, now
from settings import Settings

HOURS_AHEAD = 6
"""End of a banner made from a template, unless the member of staff chooses another."""

Act = Callable[[Session, str, int], None]
"""Changes a channel: session, channel, version. Raises StaleChannel."""


class ChannelPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._switchboard = Switchboard.of(database)

    @roles(Role.APPROVER)
    def page(self) -> ResponseReturnValue:
        wanted = request.args.get("template", "")
        found = next((one for one in templates() if one.key == wanted), None)
        form = self._blank() if found is None else {**self._blank(), "level": found.level, **self._words(found.key)}
        return self._page(form, done=request.args.get("done", ""), opened=found is not None)

    @roles(Role.APPROVER)
    def banner(self) -> ResponseReturnValue:
        """Preview a banner, go back to its form, or show it to residents."""
        form = {**self._blank(), **request.form.to_dict()}
        if request.form.get("do") == "edit":
            return self._page(form, opened=True)
        try:
            made = self._checked(form)
        except BannerRefused as refused:
            return self._page(form, opened=True, error=f"banner_{refused.reason}", detail=refused.detail), 422
        if request.form.get("do") != "show":
            return self._preview(form, made)

        def act(session: Session, channel: str, version: int) -> None:
            channel_state.raise_banner(session, _me().municipality, channel, made, _me().login, version)

        return self._act(act, "shown", form)

    @roles(Role.APPROVER)
    def clear(self) -> ResponseReturnValue:
        def act(session: Session, channel: str, version: int) -> None:
            channel_state.lower_banner(session, _me().municipality, channel, _me().login, version)

        return self._act(act, "cleared")

    @roles(Role.APPROVER)
    def switch_off(self) -> ResponseReturnValue:
        """Ask first (GET, or without the tick), then switch the automatic answers off."""
        channel = _channel()
        if request.method == "GET" or request.form.get("sure") != "yes":
            with self._database.read() as session:
                state = channel_state.states(session, _me().municipality)[channel]
            asked = {"state": state, "reason": request.form.get("reason", ""), "unsure": request.method == "POST"}
            return render_template("console/channels_off.html", **asked), 422 if request.method == "POST" else 200

        def act(session: Session, channel: str, version: int) -> None:
            reason = request.form.get("reason", "")
            channel_state.switch_off(session, _me().municipality, channel, reason, _me().login, version)

        return self._act(act, "off")

    @roles(Role.APPROVER)
    def switch_on(self) -> ResponseReturnValue:
        def act(session: Session, channel: str, version: int) -> None:
            channel_state.switch_on(session, _me().municipality, channel, _me().login, version)

        return self._act(act, "on")

    def switched_off(self) -> list[str]:
        """The channels without automatic answers, by name; every staff page says so, with what holds at this moment."""
        if not current_user.is_authenticated:
            return []
        with self._database.read() as session:
            states = channel_state.states(session, _me().municipality)
        return [t(f"staff_channels.channel_{state.channel}") for state in states.values() if state.switched_off]

    def _act(self, act: Act, done: str, form: Mapping[str, str] | None = None) -> ResponseReturnValue:
        """Do what a button says; when somebody else was faster, show what holds now and keep what was typed."""
        channel = _channel()
        try:
            with self._database.write() as session:
                act(session, channel, _version(channel))
        except StaleChannel:
            shown = {"form": form, "opened": True} if form else {"form": self._blank()}
            return self._page(**shown, error="channels_stale", detail=channel), 409
        self._switchboard.forget()
        return redirect(url_for("console.channels", done=done), 303)

    def _checked(self, form: Mapping[str, str]) -> Banner:
        texts = {language: form.get(f"text_{language}", "") for language in LANGUAGES}
        return checked(texts, form.get("level", ""), form.get("link", ""), self._until(form), now())

    def _until(self, form: Mapping[str, str]) -> datetime | None:
        try:
            naive = datetime.fromisoformat(f"{form.get('until_day', '')}T{form.get('until_time', '') or '00:00'}")
        except ValueError:
            return None
        return naive.replace(tzinfo=self._settings.zone) if naive.tzinfo is None and 2000 < naive.year < 3000 else None

    def _blank(self) -> dict[str, str]:
        end = (now() + timedelta(hours=HOURS_AHEAD)).astimezone(self._settings.zone).replace(minute=0)
        with self._database.read() as session:
            town = load_town(session, _me().municipality).municipality
        until = {"until_day": f"{end:%Y-%m-%d}", "until_time": f"{end:%H:%M}"}
        return {"channel": channel_state.ALL, "level": LEVELS[0], "link": town.url, **until}

    def _words(self, key: str) -> dict[str, str]:
        with self._database.read() as session:
            town = load_town(session, _me().municipality).municipality.name
        template = next(one for one in templates() if one.key == key)
        return {f"text_{language}": text for language, text in filled(template, town).items()}

    def _preview(self, form: Mapping[str, str], made: Banner) -> str:
        local = now().astimezone(self._settings.zone)
        shown = channel_state.Shown((made,))
        views = [(language, notices_json(shown, language, local)["banners"][0]) for language in LANGUAGES]
        return render_template("console/channels_preview.html", form=form, banner=made, views=views, channel=_channel())

    def _page(self, form: Mapping[str, str], **about: Any) -> str:
        at = now()
        with self._database.read() as session:
            states = channel_state.states(session, _me().municipality)
            names = article_view.names(session, _me())
        return render_template(
            "console/channels.html",
            names=names,
            states=[(state, self._lines(state, at)) for state in states.values()],
            versions={state.channel: state.version for state in states.values()},
            templates=templates(),
            levels=LEVELS,
            languages=LANGUAGES,
            channels=CHANNELS,
            longest=LONGEST_TEXT,
            zone=self._settings.zone,
            **{"form": form, "opened": False, "error": "", "detail": "", "done": "", **about},
        )

    def _lines(self, state: ChannelState, at: datetime) -> dict[str, Any] | None:
        """The banner of a channel as residents read it in Japanese; None when none is shown (any more)."""
        if state.banner is None or state.banner.until <= at:
            return None
        banner: dict[str, Any] = notices_json(channel_state.Shown((state.banner,)), "ja", at.astimezone(self._settings.zone))[
            "banners"
        ][0]
        return banner


def _channel() -> str:
    channel = request.values.get("channel", "")
    if channel not in CHANNELS:
        abort(404)
    return channel


def _version(channel: str) -> int:
    """The version the form was made from; what is no number is a version there never was."""
    given = request.form.get("version", request.form.get(f"version_{channel}", ""))
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else -1


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: ChannelPages) -> None:
    """Add the views, and `switched_off` for the layout of every staff page."""
    blueprint.app_context_processor(lambda: {"switched_off": pages.switched_off})
    blueprint.add_url_rule("/channels", "channels", pages.page)
    blueprint.add_url_rule("/channels/banner", "channels_banner", pages.banner, methods=["POST"])
    blueprint.add_url_rule("/channels/clear", "channels_clear", pages.clear, methods=["POST"])
    blueprint.add_url_rule("/channels/off", "channels_off", pages.switch_off, methods=["GET", "POST"])
    blueprint.add_url_rule("/channels/on", "channels_on", pages.switch_on, methods=["POST"])
