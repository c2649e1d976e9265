"""`python -m bench [PART …] [--quick]`: times, prints the tables, writes JSON and the page."""

from __future__ import annotations

import argparse
import json
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from bench import bptt, layers, suite
from bench.page import page, tables
from rnn_manual.judge.report.environment import environment

DOCS = Path(__file__).parents[1] / "docs"
PARTS = ("layers", "bptt", "suite")


def rows_of(part: str, quick: bool) -> Any:
    """What a part measures, row after row."""
    if part == "suite":
        return suite.rows(quick)
    if part == "bptt":
        return bptt.rows(bptt.CASES[:6] if quick else bptt.CASES, 1.5 if quick else 4)
    if quick:
        return layers.rows(layers.QUICK, 2)
    return chain(layers.rows(layers.PLAIN, 8), layers.rows(layers.VARIED, 4))


def main() -> None:
    """Measures the parts asked for; what was measured of the others before is kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer sizes; writes no page")
    parser.add_argument("--json", type=Path, help="default: docs/performance.json")
    parser.add_argument("--render", action="store_true", help="the page anew, nothing measured")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}, got {', '.join(unknown)}")
    torch.set_num_threads(1)
    asked = [] if options.render else options.parts or ["layers", "bptt"]
    kept = DOCS / "performance.json"
    found: dict[str, Any] = {"environment": environment(), "rows": []}
    if kept.is_file() and not options.quick:
        before = json.loads(kept.read_text(encoding="utf-8"))
        found["rows"] = [row for row in before["rows"] if row["part"] not in asked]
        if options.render:
            found["environment"] = before["environment"]
    for part in asked:
        for row in rows_of(part, options.quick):
            found["rows"].append(row)
            print(".", end="", flush=True)
    print(f"\n\n{tables(found['rows'], asked or PARTS)}")
    out = options.json or (None if options.quick else kept)
    if out is not None:
        lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in found["rows"])
        head = json.dumps(found["environment"], ensure_ascii=False)
        out.write_text(f'{{"environment": {head},\n "rows": [\n  {lines}\n]}}\n', encoding="utf-8")
    if not options.quick:
        (DOCS / "performance.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
