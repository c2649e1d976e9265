"""nn's layers, with something changed at each call."""


def layer(change):
    """nn's layer, what it returns changed: change(x, hx, out, (h, c)) -> (out, state)."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return change(x, hx, out, state)

        return call

    return build
