"""Files of weights: bytes and steps of pickles altered, headers that lie, parts of one in another."""

import io
import json
import struct
import warnings
import zipfile

import torch
from fuzzing import limited
from judging import sentence
from mutations import NUMBERS, altered, spoiled
from safetensors.torch import save

from explainer.core.problem import ExplainerError
from explainer.vision.zoo.own_weights import adopt
from explainer.vision.zoo.weights_file import read_states

LIMITS = limited(cpu_s=8.0, memory_mb=300)
STEPS = b"().0NKJMGIX}]tRbqhrjcQsuaeld\x80\x81\x82\x83\x85\x86\x87\x88\x89\x8a\x8c\x8e\x93\x94\x95"
SUFFIXES = (".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".PTH", "", ".zip")
WORDS = (b"cos\nsystem\n", b"cposix\nsystem\n", b"cbuiltins\nexec\n", b"cbuiltins\nbytearray\n", b"ctorch\nload\n")
_held = []


def prepare(_folder):
    """Whole files of each kind, to be spoiled."""
    torch.manual_seed(0)
    state = {"a.weight": torch.randn(3, 4), "a.bias": torch.zeros(3), "n": torch.tensor(3), "h": torch.ones(2).half()}
    nested = {"state_dict": {f"module.{name}": one for name, one in state.items()}, "epoch": 3, "arch": "resnet18"}
    for value in (state, nested, {"model_ema": state}, {"a": torch.eye(3).to_sparse()}, {}, torch.zeros(3)):
        _held.extend((_saved(value), _saved(value, _use_new_zipfile_serialization=False)))
    _held.extend((save(state), save({"x": torch.zeros(0)}), save({"b": torch.ones(4, dtype=torch.bfloat16)})))


def _saved(value, **how):
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


def case(draw, folder):
    """Read one spoiled file; now and then offer it as the weights of a network."""
    data = draw.choice((_any, _any, _steps, _steps, _header, _records))(draw, draw.choice(_held))
    path = folder / f"x{draw.choice(SUFFIXES)}"
    path.write_bytes(data)
    try:
        for state in read_states(path):
            for name, tensor in state.items():
                assert isinstance(name, str)
                tensor.sum()
    except ExplainerError as error:
        sentence(error.problem)
    if draw.random() < 0.05:
        _offered(draw, path)


def _offered(draw, path):
    try:
        adopt(path, draw.choice(("efficientnet-lite0", "squeezenet1_1", "no-such")))
    except ExplainerError as error:
        sentence(error.problem)


def _any(draw, whole):
    return spoiled(draw, whole, _held)


def _steps(draw, whole):
    """The pickle inside is changed, the archive around it is sound."""
    if not zipfile.is_zipfile(io.BytesIO(whole)):
        return _altered_steps(draw, whole)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(out, "w") as changed:
        for record in archive.infolist():
            data = archive.read(record)
            data = _altered_steps(draw, data) if record.filename.endswith("data.pkl") else data
            changed.writestr(record.filename, data)
    return out.getvalue()


def _altered_steps(draw, data):
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data))
        if draw.random() < 0.1:
            data[at:at] = draw.choice(WORDS)
        else:
            data[at] = draw.choice(STEPS)
    return bytes(data)


def _header(draw, _whole):
    """A header of safetensors that lies."""
    header = {
        "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]},
    }
    header = altered(draw, header)
    try:
        text = json.dumps(header).encode()
    except RecursionError:
        text = b"[" * 100_000
    length = len(text) if draw.random() < 0.8 else draw.choice(NUMBERS)
    return struct.pack("<Q", length) + text + bytes(draw.choice((32, 0, 31, 33)))


def _records(draw, whole):
    """Records that are missing, twice, packed, or called something else."""
    if not zipfile.is_zipfile(io.BytesIO(whole)):
        return _any(draw, whole)
    out = io.BytesIO()
    warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(out, "w") as changed:
        names = archive.namelist()
        for name in names:
            if draw.random() < 0.15:
                continue
            called = draw.choice((name, name, name, "../../x", "/etc/x", draw.choice(names) + "x", name.upper()))
            packed = zipfile.ZIP_DEFLATED if draw.random() < 0.1 else zipfile.ZIP_STORED
            changed.writestr(called, archive.read(name), packed)
    return out.getvalue()
