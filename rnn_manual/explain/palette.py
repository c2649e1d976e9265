"""Colours that people with any colour vision can tell apart: Okabe and Ito's and a grey.

Source: Okabe & Ito 2008, "Color Universal Design".
"""

COLOURS = (
    "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#666666",
)  # fmt: skip
DARK = ("#0072B2", "#D55E00", "#666666")  # on these, white is easier to read than black


def colour_of(row: int) -> str:
    """The colour of a row of h_n."""
    return COLOURS[row % len(COLOURS)]


def ink_on(colour: str) -> str:
    """What is legible on a colour."""
    return "#FFFFFF" if colour in DARK else "#000000"
