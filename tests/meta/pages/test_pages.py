"""The pages in a real browser: nothing is missing, filters filter, and no script is needed."""

import json
import re

import numpy as np
import pytest

from rnn_manual.judge.report.heat import heat
from rnn_manual.pages.compared import page as compared_page
from rnn_manual.pages.heat import level, maps
from rnn_manual.parity import check
from tests.meta.pages.browser import browser, opened
from tests.meta.pages.reports import IDS, MODE, WRONG, cases, columns, report, verified

__all__ = ["browser", "opened"]


@pytest.fixture(scope="module")
def failed_page():
    return verified(WRONG)


@pytest.fixture(scope="module")
def matrix():
    return compared_page(columns())


def shown(page, selector):
    """The texts of what can be seen of that kind."""
    return [one.inner_text() for one in page.locator(selector).all() if one.is_visible()]


def test_a_page_is_one_file_that_asks_for_nothing(failed_page, matrix):
    for text in (failed_page, matrix, verified("torch.nn")):
        assert not re.search(r"<script|https?://|@import|url\(| src=| on[a-z]+=", text)
        assert text.count("<html") == text.count("</html>") == 1


def test_all_of_a_failed_case_is_there(failed_page, opened):
    """Its block, its maps, and the command; the first is open."""
    page = opened(failed_page)
    case = next(case for case in report(WRONG)[0]["cases"] if case["id"] == "lstm-f32")
    block = page.locator("details.listed").first
    said = block.inner_text()
    for line in case["report"].splitlines():
        assert line.removeprefix("again").strip() in said
    assert "again: rnn-manual verify" in said
    assert block.locator("svg").first.is_visible()
    whole = page.locator("body").text_content()
    assert "test_a_law[<lstm>]" in whole
    assert "1 & 2 <differ>" in whole
    assert page.locator("h1").inner_text() == WRONG


def test_a_choice_narrows_what_is_listed(failed_page, opened):
    page = opened(failed_page)
    assert len(shown(page, "tr.listed")) == len(IDS) + 1
    for what, choice, expected in (
        ("kind", "gru", ["gru-f32"]),
        ("feature", "stacked", ["lstm-2layer-bi-batchfirst-f32"]),
        ("mode", MODE, [f"{MODE} lstm-f32"]),
    ):
        page.select_option(f"select[name={what}]", label=choice)
        names = [text.split("\t")[0] for text in shown(page, "tr.listed")]
        assert names == expected
        assert all(choice in text or "lstm" in text for text in shown(page, "details.listed"))
        page.select_option(f"select[name={what}]", value="")
    page.select_option("select[name=verdict]", label="differs")
    differ = [c for c in report(WRONG)[0]["cases"] if c["verdict"] == "differs"]
    assert len(shown(page, "tr.listed")) == len(shown(page, "details.listed")) == len(differ)


def test_a_row_of_the_table_leads_to_its_cases(failed_page, opened):
    page = opened(failed_page)
    page.get_by_role("link", name="bidirectional").first.click()
    assert len(shown(page, "tr.listed")) == 1
    page.get_by_role("link", name="all again").click()
    assert len(shown(page, "tr.listed")) == len(IDS) + 1


def test_a_case_with_a_formula_has_a_column_for_it(opened):
    """Where the report says what became of the formulas."""
    from rnn_manual.cli.verify.paged import as_page

    made = json.loads(json.dumps(report("torch.nn")[0]))
    for case in made["cases"]:
        case["formula"] = None
    assert "<th>formula</th>" not in as_page(made, "", "")
    made["cases"][0]["formula"] = {"verdict": "proved"}
    other = {"verdict": "other", "differs": ["out"], "where": {"quantity": "c'"}}
    made["cases"][1]["formula"] = other
    rows = opened(as_page(made, "", "")).locator("tr.listed")
    assert "proved" in rows.nth(0).inner_text()
    assert "other c'" in rows.nth(1).locator("td.differs").inner_text()


def test_a_cell_of_the_matrix_leads_to_its_runs(matrix, opened):
    """A click on what stands under a version shows the runs that count there, and no others."""
    page = opened(matrix)
    assert len(shown(page, "tr.listed")) == len(IDS) + 1
    row = page.locator("tr", has=page.locator("td.below", has_text=re.compile("^gru$")))
    row.locator("a").last.click()
    (only,) = shown(page, "tr.listed")
    assert only.startswith("gru-f32")
    page.get_by_role("link", name="all again").click()
    row = page.locator("tr", has=page.locator("td.below", has_text=re.compile("^stacked$")))
    row.locator("a").last.click()
    (only,) = shown(page, "tr.listed")
    assert "differs" in only
    assert "units in the last place" in only
    assert "no <wheel>" in page.locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(failed_page, opened, scheme):
    """Contrast of at least 4.5, as the browser paints it."""
    page = opened(failed_page, color_scheme=scheme, java_script_enabled=True)
    pairs = page.evaluate(
        """() => [...document.querySelectorAll('h1, .said, .faint, a, td, pre, small')].map(one => {
          let up = one, back = 'rgba(0, 0, 0, 0)';
          while (up && back === 'rgba(0, 0, 0, 0)') {
            back = getComputedStyle(up).backgroundColor; up = up.parentElement; }
          return [getComputedStyle(one).color, back]; })"""
    )
    for front, back in {tuple(pair) for pair in pairs}:
        a, b = (_light([int(n) for n in re.findall(r"\d+", c)[:3]]) for c in (front, back))
        assert (max(a, b) + 0.05) / (min(a, b) + 0.05) >= 4.5, (front, back)


def _light(rgb):
    parts = [c / 255 for c in rgb]
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_on_paper_all_is_open(failed_page, opened):
    """What is folded away on a screen is printed; what can be chosen there is not."""
    page = opened(failed_page)
    page.emulate_media(media="print")
    assert not page.locator("form").is_visible()
    assert all(pre.is_visible() for pre in page.locator("details.listed pre").all())
    assert page.pdf()[:4] == b"%PDF"


def test_no_word_runs_out_of_a_narrow_window(failed_page, matrix, opened):
    """On a telephone only tables scroll, and each by itself."""
    for text in (failed_page, matrix):
        page = opened(text, java_script_enabled=True)
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_map_shows_where_the_error_begins():
    """Of a mistake that acts from one step on: allowed before it, beyond it from there."""
    case = next(c for c in cases() if c.id == "lstm-f32")

    def late(module):
        def layer(x, hx=None):
            out, state = module(x, hx)
            moved = out.clone()
            moved[4:, :, 2] += 1
            return moved, state

        return layer

    (found,) = heat(case, check(late, case).tensors)
    assert (found["layer"], found["direction"], found["steps"]) == (0, "forward", 7)
    wrong = np.array([[level(ratio) for ratio in step] for step in found["out"]]) > 0
    assert wrong[4:, 2].all()
    assert wrong.sum() == 3
    assert "t = 0 … 6" in maps([found])


def test_many_steps_are_put_together_and_nothing_is_lost():
    """The worst of neighbours stands for them; beyond all measure is None, not a number."""
    case = next(c for c in cases() if c.id == "lstm-f32")
    found = check("torch.nn", case)
    from dataclasses import replace

    long = replace(case, seq_len=100, batch_size=1)
    out = np.zeros((100, 1, 5))
    out[77, 0, 3] = np.nan
    tensor = replace(
        found.tensors["out"], actual=out, oracle=np.zeros_like(out), limit=np.ones_like(out)
    )
    (only,) = heat(long, {"out": tensor})
    assert len(only["out"]) == 48
    assert [ratio for step in only["out"] for ratio in step].count(None) == 1
    assert "l5" in maps([only])
