"""Which gradients were not compared, and why, in words and in short."""

from rnn_manual.candidates.harness.result import COPIED, FROZEN, NO_GRAPH, REFUSED, SHAPED
from rnn_manual.judge.missing import Missing, missing_in


def tensors(**verdicts):
    """Of gradients: name → why it was not compared; "" if it was."""
    named = {"input": "grad input", "second": "grad² h_0"}
    return {
        named.get(name, f"grad {name}"): {"verdict": "within"}
        if not why
        else {"verdict": "unsupported", "reason": why}
        for name, why in verdicts.items()
    }


def test_what_was_not_compared_is_read_off_a_report():
    """Gradients alone, each with its reason; what was compared with none, whatever it says."""
    case = tensors(input="", weight_ih_l0=FROZEN) | {
        "out": {"verdict": "unsupported", "reason": "declined"},
        "grad bias_ih_l0": {"verdict": "differs", "reason": "lost"},
        "grad h_0": {"verdict": "unsupported"},
    }
    assert missing_in(case) == [
        ("grad input", ""),
        ("grad weight_ih_l0", FROZEN),
        ("grad bias_ih_l0", ""),
        ("grad h_0", ""),
    ]


def test_each_fact_is_told_by_itself():
    """The input's, the states' and the weights' gradients, and second derivatives of any."""
    given = tensors(input="", second="declined: once", weight_ih_l0=FROZEN, weight_hh_l0="")
    missing = Missing(missing_in(given | tensors(h_0=NO_GRAPH)))
    assert missing.in_words() == [
        f"the states' gradients: not compared ({NO_GRAPH})",
        f"weights' gradients: partly not compared ({FROZEN})",
        "second derivatives: not compared (declined: once)",
    ]
    assert missing.in_short() == "second derivatives declined, weights' frozen, the states' none"


def test_what_is_the_same_of_all_is_told_once():
    """As of a layer that has no gradients; but not where some were compared."""
    missing = Missing(missing_in(tensors(input=NO_GRAPH, h_0=NO_GRAPH, weight_ih_l0=NO_GRAPH)))
    assert missing.in_words() == [f"gradients: not compared ({NO_GRAPH})"]
    missing = Missing(missing_in(tensors(input="", h_0=NO_GRAPH)))
    assert missing.in_words() == [f"the states' gradients: not compared ({NO_GRAPH})"]


def test_what_follows_from_another_fact_is_no_fact():
    """A refused backward is any layer's right; a copy has no graph where it alone is asked for."""
    assert Missing([("grad input", REFUSED)]).in_words() == []
    weights = [("grad weight_ih_l0", NO_GRAPH), ("grad weight_hh_l0", COPIED), ("grad input", "")]
    assert Missing(weights).in_short() == "weights' copied"
    assert Missing([("grad c_0", "the layer's own words")]).in_short() == "the states' declined"


def test_what_an_output_of_another_shape_leaves_is_no_gradient():
    """In a cell: none. In words, why."""
    missing = Missing([("grad input", SHAPED), ("grad weight_ih_l0", "")])
    assert missing.in_short() == "the input's none"
    assert missing.in_words() == [
        "the input's gradients: not compared (an output has another shape)"
    ]
