"""Files that are no weights, broken weights, or were made to do harm: one sentence, nothing run, no memory filled.

Altered bytes and pickles by the thousand: ``tests/fuzz/fuzz_weights.py``.
"""

import io
import json
import os
import pickle
import struct
import sys
import zipfile

import pytest
import torch
from safetensors.torch import save, save_file
from torch import nn

from explainer.core.problem import ExplainerError
from explainer.vision.zoo import weights_file
from explainer.vision.zoo.pickles import ForeignError, check_pickle
from explainer.vision.zoo.weights_file import read_state, read_states

CUT = "is cut off or no file of weights"
MORE = "holds more than weights and was not opened"
STATE = {"a.weight": torch.arange(12.0).reshape(3, 4), "a.bias": torch.zeros(3)}


def torch_bytes(value, **how):
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


def refused(path):
    with pytest.raises(ExplainerError) as raised:
        read_state(path)
    problem = raised.value.problem
    assert problem.what.count(". ") == 0
    assert problem.what.endswith(".")
    assert problem.todo.endswith(".")
    return problem.what


def written(tmp_path, data, name="x.pth"):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


# What is no file of weights -----------------------------------------------------------------------------


def test_missing_folder_and_name_that_cannot_be(tmp_path):
    assert refused(tmp_path / "gone.pth") == "gone.pth could not be opened."
    assert refused(tmp_path / "zero\0byte.pth").endswith("could not be opened.")
    (tmp_path / "folder.pth").mkdir()
    assert refused(tmp_path / "folder.pth") == "folder.pth is a folder and no file of weights."


def test_links_are_followed_and_circles_are_not(tmp_path):
    save_file(STATE, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    assert read_state(tmp_path / "link").keys() == STATE.keys()
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "nowhere").symlink_to("gone")
    assert refused(tmp_path / "round") == "round could not be opened."
    assert refused(tmp_path / "nowhere") == "nowhere could not be opened."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_and_a_device_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    assert refused(tmp_path / "pipe.pth") == "pipe.pth is a device or a pipe and no file of weights."
    (tmp_path / "zero.pth").symlink_to("/dev/zero")
    assert "is a device or a pipe" in refused(tmp_path / "zero.pth")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "x.pth is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "x.pth is a picture and no file of weights."),
        (b"<!DOCTYPE html><title>Not found</title>", "x.pth is a web page and no file of weights."),
        (b"version https://git-lfs.github.com/spec/v1\noid", "the placeholder that Git LFS leaves"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
        (b"\x1f\x8b\x08" + bytes(99), "a gzip archive"),
        (b"hello", CUT),
        (bytes(1000), CUT),
        (bytes(range(256)), CUT),
        (b"PK\x03\x04", CUT),
        (b"\x80\x02", CUT),
    ],
)
def test_other_files_are_named(tmp_path, data, said):
    assert said in refused(written(tmp_path, data))


@pytest.mark.parametrize("make", [save, torch_bytes, lambda s: torch_bytes(s, _use_new_zipfile_serialization=False)])
def test_cut_off_anywhere(tmp_path, make):
    whole = make(STATE)
    read_state(written(tmp_path, whole))
    for end in {1, 2, 8, 9, 30, len(whole) // 2, len(whole) - 8, len(whole) - 1}:
        assert refused(written(tmp_path, whole[:end]))


def test_header_length_that_looks_like_another_mark(tmp_path):
    data = save(STATE)
    (length,) = struct.unpack("<Q", data[:8])
    header = data[8 : 8 + length].ljust(0x4B50)
    path = written(tmp_path, b"PK" + bytes(6) + header + data[8 + length :])
    assert read_state(path).keys() == STATE.keys()


@pytest.mark.parametrize("shape", [[64, 3, 3, 3], [2**62, 2**62], [-1], [10**30], "x", None])
@pytest.mark.parametrize("offsets", [[0, 2**33], [0, 64], [64, 0], [-8, 64], [0, 10**30]])
def test_headers_that_lie(tmp_path, shape, offsets):
    header = json.dumps({"w": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()
    assert CUT in refused(written(tmp_path, struct.pack("<Q", len(header)) + header + bytes(64)))


@pytest.mark.parametrize("length", [0, 1, 2, 2**31, 2**62, 2**64 - 1])
def test_header_lengths_that_lie(tmp_path, length):
    assert refused(written(tmp_path, struct.pack("<Q", length) + b"{}"))


def test_deep_header(tmp_path):
    header = b'{"w":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    assert CUT in refused(written(tmp_path, struct.pack("<Q", len(header)) + header))


# What holds more than tensors ---------------------------------------------------------------------------


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("how", ["plain", "zip", "old"])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, how):
    trace = tmp_path / "was-run"
    evil = {"a": Evil(trace)} | STATE
    data = pickle.dumps(evil) if how == "plain" else torch_bytes(evil, _use_new_zipfile_serialization=how == "zip")
    path = written(tmp_path, data)
    assert MORE in refused(path)
    assert not trace.exists()
    pickle.loads(data) if how == "plain" else torch.load(path, weights_only=False)
    assert trace.exists()  # the file was as bad as it was meant to be


def test_a_whole_network_is_refused(tmp_path):
    assert MORE in refused(written(tmp_path, torch_bytes(nn.Linear(2, 2))))
    assert refused(written(tmp_path, torch_bytes({"epoch": 3, "loss": 0.5}))) == "x.pth holds no list of named tensors."
    assert refused(written(tmp_path, torch_bytes(torch.zeros(3)))) == "x.pth holds no list of named tensors."


@pytest.mark.parametrize(
    "tuples", [b")" + b"\x85" * 300_000, b")" + b"K\x01\x86" * 200_000, b"(" * 200_000 + b"t" * 200_000]
)
def test_nested_a_million_deep_does_not_overrun_the_stack(tmp_path, tuples):
    data = b"\x80\x02}(" + tuples + b"K\x01u."
    with pytest.raises(ForeignError):
        check_pickle(data, 2**26)
    assert MORE in refused(written(tmp_path, data))
    with zipfile.ZipFile(tmp_path / "z.pth", "w") as archive:
        archive.writestr("x/data.pkl", data)
        archive.writestr("x/version", "3\n")
    assert MORE in refused(tmp_path / "z.pth")


def test_a_bare_block_of_memory_is_not_made(tmp_path):
    data = b"\x80\x02}X\x01\x00\x00\x00acbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85Rs."
    assert MORE in refused(written(tmp_path, data))


def resident_kb():
    resource = pytest.importorskip("resource")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def test_a_deflated_bomb_is_refused_by_what_it_declares(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", pickle.dumps({}, protocol=2))
        with archive.open("x/data/0", "w", force_zip64=True) as record:
            for _ in range(40):
                record.write(bytes(10 * 2**20))
    before = resident_kb()
    assert refused(tmp_path / "bomb.pth") == "bomb.pth is packed and could unpack to any size; it was not opened."
    assert resident_kb() - before < 50_000


def test_records_that_lie_over_one_another_are_refused(tmp_path):
    data = bytearray(torch_bytes(STATE))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [record.filename for record in archive.infolist()]
    assert any(name.endswith("data/0") for name in names)
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"data/0"))
    data[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    assert CUT in refused(written(tmp_path, bytes(data)))


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "huge.pth"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2) + b"{}")
        file.truncate(2**34 + 1)
    assert "far more than such weights can have; it was not read." in refused(path)
    small = written(tmp_path, save(STATE))
    with pytest.raises(ExplainerError, match="far more"):
        read_states(small, most_bytes=10)


def test_a_file_replaced_while_it_is_read_is_read_as_it_was(tmp_path, monkeypatch):
    path = written(tmp_path, torch_bytes(STATE))
    check = weights_file._check_zip

    def replace(name, file):
        check(name, file)
        path.unlink()
        path.write_bytes(b"something else")

    monkeypatch.setattr(weights_file, "_check_zip", replace)
    assert torch.equal(read_state(path)["a.weight"], STATE["a.weight"])
