"""The documents' code runs, and so do their commands, or a reason is written down here."""

import io
import re
import runpy
from contextlib import redirect_stdout

import pytest
import torch
from torch import nn

from rnn_manual import Config, copy_weights
from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Case
from tests.meta.docs.documents import DOCS, ROOT, blocks, text_of

EXCERPTS = "docs/backprop.md"  # its blocks are lines of the page, not code to run one by one
RUN = [name for name in DOCS if blocks(name, "python") and name != EXCERPTS]
LSTM = Case(Config("lstm", 3, 5))


def executed(name):
    """Block after block, as somebody would who reads from the beginning."""
    names = {}
    for block in blocks(name, "python"):
        exec(compile(block, name, "exec"), names)
    return names


@pytest.mark.parametrize("name", RUN)
def test_the_code_runs(name, capsys):
    executed(name)
    if name == "docs/proof.md":  # the one that prints
        assert capsys.readouterr().out.startswith("candidate torch.nn: proved\n")


def test_the_test_that_is_shown_passes_and_fails():
    """For what is right and for what is wrong, put in the place of `build`.

    (That the other one, for Hypothesis, passes and shrinks is a test of the plugin's.)
    """
    names = executed("README.md")
    names["build"] = torch_nn
    names["test_my_lstm"](LSTM)
    names["build"] = MISTAKES["g_under_sigmoid"]
    with pytest.raises(AssertionError, match="disagrees with the loops"):
        names["test_my_lstm"](LSTM)


def test_the_derivation_shows_lines_of_the_page():
    """The first block runs; of the others every line stands in cells.py or backprop.py."""
    first, *others = blocks(EXCERPTS, "python")
    config, layer = Config("gru", 3, 5), nn.GRU(3, 5)
    x, h_0 = torch.randn(7, 4, 3), torch.randn(1, 4, 5)
    names = {"config": config, "weights": copy_weights(layer), "x": x, "h_0": h_0}
    exec(first, names | {"d_out": torch.randn(7, 4, 5), "d_h_n": h_0})
    page = "".join(text_of(f"rnn_manual/{name}.py") for name in ("cells", "backprop"))
    there = {stripped(line) for line in page.splitlines()}
    lines = [stripped(line) for block in others for line in block.splitlines()]
    assert [line for line in lines if line not in there] == []


def stripped(line):
    """Without indentation, comments and types."""
    line = re.sub(r"\s+#.*", "", line).strip()
    return re.sub(r": \w+(?=[,)])|(?<=\)) -> \w+", "", line)


def test_the_gradients_table_is_what_its_script_prints():
    found = runpy.run_path(str(ROOT / "docs" / "gradient_norms.py"))
    printed = io.StringIO()
    with redirect_stdout(printed):
        found["table"](found["curves"]())
    assert printed.getvalue() == blocks(EXCERPTS, "text")[0]


def test_readme_is_short_and_leads_to_what_is_there():
    assert len(text_of("README.md").splitlines()) < 200
    for name in DOCS:
        folder = (ROOT / name).parent
        links = re.findall(r"(?:\]\(|src(?:set)?=\")([^)\"#\s]+)", text_of(name))
        missing = [link for link in links if "://" not in link and not (folder / link).exists()]
        assert missing == []
