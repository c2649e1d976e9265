"""What was found in torch, as scripts: `python docs/findings.py`."""

import io
import os
import subprocess
import sys
import tempfile
import warnings

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import register_parametrization
from torch.nn.utils.rnn import pack_sequence
from torch.utils.checkpoint import checkpoint

CRASHES = {  # each ends its process; nn checks neither
    "nn.GRUCell(3, 1), unbatched, hx of two dimensions": """
nn.GRUCell(3, 1)(torch.ones(3), torch.zeros(1, 1))""",
    "nn.LSTMCell(3, 1), unbatched, hx of two dimensions": """
nn.LSTMCell(3, 1)(torch.ones(3), (torch.zeros(1, 1),) * 2)""",
    "nn.LSTM, packed, more rows in h_0 than in c_0": """
h = torch.zeros(2, 2, 5)
nn.LSTM(3, 5)(nn.utils.rnn.pack_padded_sequence(torch.ones(7, 2, 3), [7, 3]), (h, h[:1]))""",
}


def bias_inside_the_matmul(features: int) -> int:
    """Elements in which F.linear(x, W, b) and x @ W.T + b differ, of 32 × 16."""
    torch.manual_seed(0)
    x, W, b = torch.randn(32, features), torch.randn(16, features), torch.randn(16)
    return int((F.linear(x, W, b) != x @ W.T + b).sum())


def batch_first_and_transposed(features: int) -> int:
    """Elements in which an LSTM's out differs between a batch-first input and its copy, turned."""
    torch.manual_seed(0)
    x = torch.randn(4, 7, features)
    layer = nn.LSTM(features, 5, batch_first=True)
    turned = nn.LSTM(features, 5)
    turned.load_state_dict(layer.state_dict())
    with torch.backends.mkldnn.flags(enabled=False):
        there = layer(x)[0]
        back = turned(x.transpose(0, 1).contiguous())[0].transpose(0, 1)
    return int((there != back).sum())


def nan_in_the_row_before() -> list[int]:
    """Rows of a bfloat16 matmul that are NaN, where row 8 of the input is (oneDNN issue 5717)."""
    x = torch.ones(17, 13, dtype=torch.bfloat16)
    x[8] = float("nan")
    rows: list[int] = (x @ torch.ones(13, 20, dtype=torch.bfloat16)).isnan().any(1).nonzero()[:, 0]
    return rows.tolist()


def autocast_to_float16() -> str:
    """What an LSTM says under autocast to float16, which plain float16 layers do not."""
    try:
        nn.LSTM(3, 5).half()(torch.randn(7, 4, 3).half())
        with torch.autocast("cpu", torch.float16):
            nn.LSTM(3, 5)(torch.randn(7, 4, 3))
    except RuntimeError as error:
        return str(error).partition(". ")[0]
    return "fine"


def onnx_without_projection() -> str:
    """What ONNX Runtime says of an exported LSTM with proj_size (needs the extra `onnx`)."""
    try:
        import onnxruntime
    except ImportError:
        return "not tried: pip install rnn-manual[onnx]"
    file, x = io.BytesIO(), torch.randn(7, 4, 3)
    warnings.simplefilter("ignore")
    try:
        torch.onnx.export(nn.LSTM(3, 5, proj_size=2), (x,), file, dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(file.getvalue())
        session.run(None, {session.get_inputs()[0].name: x.numpy()})
    except Exception as error:
        return str(error).partition("Status Message: ")[2] or str(error)
    return "fine"


def parametrized_weight_unused() -> bool:
    """Whether a layer ignores a parametrized weight (PyTorch issue 65688; torch before 2.0)."""

    class Zero(nn.Module):
        def forward(self, X: torch.Tensor) -> torch.Tensor:
            return 0 * X

    layer, x = nn.RNN(3, 5), torch.randn(1, 4, 3)
    before = layer(x)[0]
    register_parametrization(layer, "weight_ih_l0", Zero())
    return torch.equal(layer(x)[0], before)


def no_steps() -> str:
    """What an LSTM says of an input without steps; torch 2.0 returns h_n, of whatever numbers."""
    try:
        return f"h_n = {nn.LSTM(3, 5)(torch.ones(0, 1, 3))[1][0].flatten().tolist()}"
    except RuntimeError as error:
        return str(error)


def checkpointed_packed() -> str:
    """What torch.utils.checkpoint says of packed input; torch 2.9 fails on it."""
    packed = pack_sequence([torch.ones(3, 3), torch.ones(2, 3)])
    try:
        checkpoint(nn.LSTM(3, 5), packed, use_reentrant=False)
    except AssertionError as error:
        return f"AssertionError: {error}"
    return "fine"


def dropout_mask() -> list[int]:
    """Where dropout leaves ones, after seed 0; torch draws others from 2.9 on than up to 2.6."""
    torch.manual_seed(0)
    return F.dropout(torch.ones(1000), 0.5).nonzero()[:8, 0].tolist()


class _Twice(nn.LSTM):
    def forward(self, *arguments: torch.Tensor) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
        return super().forward(*arguments)


def compiled_subclass() -> str:
    """What torch.compile says of a subclass that calls super().forward; torch 2.15 fails."""
    if not hasattr(torch, "compile"):
        return "there is no torch.compile"
    try:
        torch.compile(_Twice(3, 5), backend="eager")(torch.ones(7, 3))
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return "fine"


COMPILED = """
import torch
def function(x):
    return torch.tanh(x + 1.5) * 3
torch.manual_seed(0)
x = torch.randn(37)
print(int((torch.compile(function)(x) - function(x)).abs().gt(1e-5).sum()))
"""


def compiled_for_other_vectors() -> list[str]:
    """Elements, of 37, in which a compiled function is off, without and with ATEN_CPU_CAPABILITY.

    Both processes share a new cache on disk, whose key leaves out the instruction set: the second
    compiles for AVX2 what was written for AVX-512. On a CPU without AVX-512 both are 0.
    """
    said = []
    with tempfile.TemporaryDirectory() as cache:
        for capability in ({}, {"ATEN_CPU_CAPABILITY": "avx2"}):
            environment = os.environ | capability | {"TORCHINDUCTOR_CACHE_DIR": cache}
            command = [sys.executable, "-W", "ignore", "-c", COMPILED]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True)
            said.append(ran.stdout.strip() or f"exit {ran.returncode}")
    return said


def copied_into_transposed() -> bool:
    """Whether narrow_copy writes what it should into memory that is transposed (issue 84577)."""
    x = torch.arange(12.0).reshape(3, 4)
    out = torch.empty(2, 3).T
    torch.ops.aten.narrow_copy.out(x, 1, 1, 2, out=out)
    return torch.equal(out, x[:, 1:3])


def weight_norm_of_transposed() -> str:
    """What the fused weight norm says of a transposed v: it reads its memory as if it were not."""
    if not hasattr(torch, "_weight_norm_interface"):
        return "there is no such function"
    v = torch.arange(1.0, 13).reshape(3, 4).T
    rows = torch._weight_norm_interface(v, torch.ones(4, 1), 0)[0]
    right = torch.allclose(rows, v / v.norm(dim=1, keepdim=True))
    return "right" if right else "wrong (torch._weight_norm copies v before)"


def loop(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None) -> torch.Tensor:
    """A loop over steps, (T, B, I) to (B, H)."""
    h = torch.zeros(x.size(1), W.size(0))
    for t in range(x.size(0)):
        h = torch.tanh(F.linear(x[t], W, b) + h)
    return h


def scripted_without_bias() -> str:
    """What a right TorchScript loop raises once it is called without bias, and was with one."""
    scripted = torch.jit.script(loop)
    for B, bias in [(3, True), (3, True), (1, False), (1, False)]:
        W, b = torch.ones(4, 5, requires_grad=True), torch.ones(4, requires_grad=True)
        try:
            scripted(torch.ones(2, B, 5), W, b if bias else None).sum().backward()
        except RuntimeError as error:
            return next(line for line in str(error).splitlines() if "Schema not found" in line)
    return "fine"


def scanned_twice() -> str:
    """The gradient for w of the gradient for x of tanh(w·x), twice: by torch's scan and by tanh."""
    try:
        from torch._higher_order_ops.scan import scan
    except ImportError:
        return "there is no such function"

    def through_scan(a: torch.Tensor) -> torch.Tensor:
        def step(h: torch.Tensor, a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            h = torch.tanh(a + 0 * h)
            return h, h.clone()

        out: torch.Tensor = scan(step, a[0] * 0, a)[1]
        return out

    found = []
    for layer in (through_scan, torch.tanh):
        x, w = torch.ones(2, 1, requires_grad=True), torch.tensor(0.5, requires_grad=True)
        (g,) = torch.autograd.grad(layer(w * x).sum(), x, create_graph=True)
        found.append(torch.autograd.grad(g.sum(), w)[0].item())
    return "{:.3f}, expected {:.3f}".format(*found)


def checkpointed_torchscript() -> str:
    """What TorchScript in a checkpoint raises on the way back."""
    scripted = torch.jit.script(loop)
    W = torch.ones(4, 5, requires_grad=True)
    try:
        checkpoint(scripted, torch.ones(2, 3, 5), W, None, use_reentrant=False).sum().backward()
    except RuntimeError as error:
        return repr(str(error).strip().splitlines()[-1])
    return "nothing"


def exit_code(script: str) -> int:
    """How a process that runs the script ends."""
    code = f"import torch; from torch import nn{script}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(
        [sys.executable, "-c", code], check=False, env=os.environ, **quiet
    ).returncode


if __name__ == "__main__":
    for features in (1, 2, 100, 512):
        print(
            f"{features:>4} features: F.linear(x, W, b) != x @ W.T + b in "
            f"{bias_inside_the_matmul(features)} of 512 elements, "
            f"batch-first LSTM != time-major in {batch_first_and_transposed(features)} of 140"
        )
    print(f"NaN in row 8 of a bfloat16 matmul, on this CPU: rows {nan_in_the_row_before()} are NaN")
    print(f"LSTM under autocast to float16: {autocast_to_float16()}")
    print(f"LSTM with proj_size, exported to ONNX by dynamo: {onnx_without_projection()}")
    print(f"A parametrized weight is ignored: {parametrized_weight_unused()}")
    print(f"LSTM, no steps: {no_steps()}")
    print(f"A subclass of LSTM that calls super().forward, compiled: {compiled_subclass()}")
    print(f"Checkpointed, with packed input: {checkpointed_packed()}")
    print(f"Dropout after seed 0 leaves {dropout_mask()}, …")
    print(f"Compiled, then again for AVX2: {compiled_for_other_vectors()} of 37 elements are off")
    print(f"narrow_copy into transposed memory is right: {copied_into_transposed()}")
    print(f"The fused weight norm of a transposed v is {weight_norm_of_transposed()}")
    print(f"A TorchScript loop without bias, after one with: {scripted_without_bias()}")
    print(f"A TorchScript loop in a checkpoint raises {checkpointed_torchscript()}")
    print(f"Second derivatives through torch's scan: {scanned_twice()}")
    for what, script in CRASHES.items():
        print(f"{what}: the process ends with {exit_code(script)}")
