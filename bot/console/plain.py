"""The page 「やさしい日本語」: any text checked by the linter, and the same as JSON for the editors' panels."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from accounts import Role
from bot.console import pages
from bot.console.access import roles
from bot.plain_japanese.furigana import ruby
from bot.plain_japanese.lint import LONGEST, PROFILES, Finding, lint, summary


class PlainPages:
    """Nothing that is pasted here is stored or logged."""

    @roles(*Role)
    def page(self) -> ResponseReturnValue:
        text = request.form.get("text", "")[:LONGEST]
        found = _findings(text)
        return render_template(
            "console/plain.html", text=text, profile=_profile(), profiles=sorted(PROFILES, reverse=True), findings=found,
            counts=summary(found), ruby=ruby(text) if text.strip() else None, longest=LONGEST,
        )  # fmt: skip

    @roles(*Role)
    def findings(self) -> ResponseReturnValue:
        """{findings: [...], required, advised} for what is being typed."""
        found = _findings(request.form.get("text", "")[:LONGEST])
        required, advised = summary(found)
        counts = pages.t("staff_translations.plain_counts", required=required, advised=advised)
        marks = {True: pages.t("staff_translations.plain_required"), False: pages.t("staff_translations.plain_advice")}
        lines = [
            {
                **finding.to_json(),
                "mark": marks[finding.required],
                "place": pages.t("staff_translations.plain_line", line=finding.line),
            }
            for finding in found
        ]
        return jsonify(findings=lines, counts=counts if found else pages.t("staff_translations.plain_clean"))


def _profile() -> str:
    chosen = request.form.get("profile", request.args.get("profile", ""))
    return chosen if chosen in PROFILES else "yasashii"


def _findings(text: str) -> list[Finding]:
    return lint(text, _profile(), pages.language()) if text.strip() else []


def register(blueprint: Blueprint, views: PlainPages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/plain", "plain", views.page, methods=["GET", "POST"])
    blueprint.add_url_rule("/plain/findings", "plain_findings", views.findings, methods=["POST"])
