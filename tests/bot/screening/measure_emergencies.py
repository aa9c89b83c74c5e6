"""Print recall, false positives and wrong kinds of the emergency detector for each split of the labelled lines.

Command: python tests/bot/screening/measure_emergencies.py (with PYTHONPATH=. from the repository root).
It prints counts only, so that measuring `unseen` shows none of its lines.
"""

from __future__ import annotations

import json
from pathlib import Path

from bot.screening.emergencies import detect

LINES = Path(__file__).parent / "data" / "emergencies.jsonl"


def main() -> None:
    """Read every line, run the detector and print one row for each split."""
    rows = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
    for split in ("tuning", "held_out", "unseen"):
        found = [(row["kind"], detect(row["text"])) for row in rows if row["split"] == split]
        emergencies = [(kind, emergency) for kind, emergency in found if kind]
        others = [emergency for kind, emergency in found if not kind]
        recalled = sum(emergency is not None for _, emergency in emergencies)
        wrong = sum(emergency is not None and emergency.kind != kind for kind, emergency in emergencies)
        false = sum(emergency is not None for emergency in others)
        print(f"{split}: recall {recalled}/{len(emergencies)}, false positives {false}/{len(others)}, wrong kind {wrong}")


if __name__ == "__main__":
    main()
