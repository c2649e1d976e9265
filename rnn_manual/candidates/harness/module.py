"""What a call must leave of a module as it was, besides its parameters' numbers."""

from __future__ import annotations

from torch import nn

from rnn_manual.candidates.errors import Violation

HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


class Furniture:
    """Remembers a module's mode, parameters, what it would save, and hooks."""

    def __init__(self, module: nn.Module) -> None:
        self.module, self.then = module, _furniture(module)
        # Kept, for another object could be given the place in memory of one that is gone.
        self.parameters = list(module.parameters())

    def check(self) -> None:
        """Raises Violation if one of them is another."""
        for (what, before), now in zip(self.then.items(), _furniture(self.module).values()):  # noqa: B905
            if before != now:
                raise Violation(f"left its module with {what} than before")


def _furniture(module: nn.Module) -> dict[str, object]:
    hooks = [[list(getattr(part, name, ())) for name in HOOKS] for part in module.modules()]
    return {
        "another training mode": [part.training for part in module.modules()],
        "other parameters": [(name, id(p)) for name, p in module.named_parameters()],
        "other names in its state_dict": list(module.state_dict()),
        "other hooks": hooks,
    }
