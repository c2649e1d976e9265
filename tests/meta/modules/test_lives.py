"""What happens to a module in its life happens to the drop-in modules as to their namesakes."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.utils.checkpoint import checkpoint

from rnn_manual.candidates.torch_versions import needed, needed_argument
from rnn_manual.parity import Unsupported
from tests.meta.modules.twins import ALL, flat, outcome, own_kernels, refused, small, weight_of


def saved(m, x):
    file = io.BytesIO()
    torch.save(m, file)
    file.seek(0)
    return torch.load(file, weights_only=False)(x)


def round_trip(m, x):
    wide = m.double()(x.double())
    return wide, m.bfloat16().float()(x)


def through_meta(m, x):
    weights = copy.deepcopy(m.state_dict())
    on_meta = m.to("meta")(x.to("meta"))
    m.to_empty(device="cpu").load_state_dict(weights)
    return on_meta, m(x)


def parametrized(register):
    def live(m, x):
        register(m, weight_of(m))
        first = m(x)
        return first, m(x), tuple(m.state_dict().values())

    return live


def pruned(m, x):
    name = weight_of(m)
    prune.l1_unstructured(m, name, 0.5)
    while_pruned = m(x)
    prune.remove(m, name)
    return while_pruned, m(x)


def hooked(m, x):
    heard = []
    m.register_forward_pre_hook(lambda m, args: heard.append(args[0].sum()))
    m.register_forward_hook(lambda m, args, result: heard.append(flat(result)[0].sum()))
    m.register_full_backward_hook(lambda m, into, out: heard.append(flat(into)[0]))
    x.requires_grad_()
    flat(m(x))[0].sum().backward()
    return tuple(heard), x.grad


def frozen(m, x):
    x.requires_grad_()
    result = m.requires_grad_(False)(x)
    flat(result)[0].sum().backward()
    return result, x.grad, tuple(torch.tensor(p.grad is None) for p in m.parameters())


def changed(m, x):
    m(x)
    with torch.no_grad():
        getattr(m, weight_of(m)).mul_(2)
    doubled = m(x)
    getattr(m, weight_of(m)).data = getattr(m, weight_of(m)).data * 2
    setattr(m, weight_of(m), nn.Parameter(getattr(m, weight_of(m)) * 2))
    return doubled, m(x)


def given_other_weights(m, x):
    others = {name: p * 2 for name, p in m.named_parameters()}
    return needed("torch.func.functional_call")(m, others, (x,)), m(x)


def loaded(m, x):
    needed_argument(m.load_state_dict, "load_state_dict", "assign=True")
    m.load_state_dict({name: w + 1 for name, w in m.state_dict().items()}, assign=True)
    return m(x)


def exported(m, x):
    export = needed("torch.export.export")
    if torch.__version__ < "2.7":
        raise Unsupported("torch.export goes by dynamo, to which a layer's methods are closed")
    return export(m, (x,)).module()(x)


LIVES = {
    "deepcopy": lambda m, x: copy.deepcopy(m)(x),
    "pickle": lambda m, x: pickle.loads(pickle.dumps(m))(x),
    "torch.save": saved,
    "share_memory": lambda m, x: m.share_memory()(x),
    "reset_parameters": lambda m, x: (m.reset_parameters(), m(x), tuple(m.parameters())),
    "Sequential": lambda m, x: nn.Sequential(m)(x),
    "to dtypes": round_trip,
    "to meta and back": through_meta,
    "weight_norm": parametrized(
        lambda *to: needed("torch.nn.utils.parametrizations.weight_norm")(*to)
    ),
    "spectral_norm": parametrized(parametrizations.spectral_norm),
    "the older spectral_norm": parametrized(torch.nn.utils.spectral_norm),
    "prune": pruned,
    "hooks": hooked,
    "frozen": frozen,
    "weights changed": changed,
    "load_state_dict, assign": loaded,
    "functional_call": given_other_weights,
    "trace": lambda m, x: torch.jit.trace(m, (x,))(x),
    "export": exported,
    "checkpoint": lambda m, x: checkpoint(m, x, use_reentrant=False),
}


@pytest.mark.bits
@pytest.mark.filterwarnings("ignore")  # torch has been meaning to replace many of these
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("kind", ALL)
def test_lives(kind, life):
    """The same happens to both, and both then compute the same bits."""
    theirs, ours, x = small(kind)
    with own_kernels():
        said = outcome(LIVES[life], theirs, x.clone())
        if said[0] is Unsupported:
            pytest.skip(said[1])
        assert not refused(said)
        assert outcome(LIVES[life], ours, x.clone()) == said
