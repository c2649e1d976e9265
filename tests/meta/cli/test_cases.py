"""`rnn-manual cases`: what the layer is run on, by the ids that -k takes."""

from rnn_manual.cli import main
from rnn_manual.parity import select


def test_every_case_is_listed_with_what_it_is(capsys):
    """Of a level, in its order; and how many there are."""
    assert main(["cases", "--level", "quick"]) == 0
    *lines, blank, count = capsys.readouterr().out.splitlines()
    there = select("quick")
    assert lines == [f"{case.id}  {case}" for case in there]
    assert not blank
    assert count == f"{len(there)} of the {len(there)} cases at level quick"


def test_those_that_are_asked_for_are_listed(capsys):
    """By kind, dtype and parts of the id; a whole id is one case."""
    assert main(["cases", "--kind", "gru", "--dtype", "float64", "-k", "packed and not T2"]) == 0
    *lines, _, _ = capsys.readouterr().out.splitlines()
    ids = [line.split("  ")[0] for line in lines]
    assert ids
    assert all(id.startswith("gru") and id.endswith("f64") for id in ids)
    assert all("packed" in id and "T2" not in id for id in ids)
    assert main(["cases", "-k", "[lstm-f32]"]) == 0
    assert capsys.readouterr().out.startswith("lstm-f32  LSTM(3, 5), T=7, B=4, float32, state ")


def test_none_is_refused(capsys):
    """With the id of one that there is."""
    assert main(["cases", "--kind", "gru", "-k", "no_such"]) == 2
    said = capsys.readouterr().err
    assert said == "rnn-manual: -k 'no_such' matches none of the cases, as gru-f32\n"
