"""From a file to named tensors: what it is decides its bytes and not its suffix, and nothing in it is run.

A ``.pth`` is a pickle, and a pickle can run anything. It is read with ``weights_only=True``, which builds tensors
and nothing else; a file that asks for more is refused without having been run. What a file *declares* is looked
at before anything is read that could fill the memory.
"""

import os
import pickle
import stat
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from explainer.core.problem import ExplainerError
from explainer.core.words import printable
from explainer.vision.zoo.pickles import ForeignError, check_pickle

State = dict[str, Tensor]
MOST_BYTES: Final = 16 * 2**30
MOST_PICKLE: Final = 64 * 2**20
MOST_RECORDS: Final = 100_000
AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "ema")  # what a trainer means to be used
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module", "teacher")
DEEPEST = 4
SAVE_AGAIN = "Save the network's state_dict and try again."
COPY_AGAIN = "Copy or download it again."
# How other files begin that people take for weights, or that arrive in their place.
BEGINNINGS = (
    (b"\x89HDF", "an HDF5 file, as Keras writes it,"),
    (b"GGUF", "a GGUF file of a language model"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"version https://git-lfs", "the placeholder that Git LFS leaves"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)


class Inert:
    """Stands for what trainers keep beside the weights (their arguments, a NumPy score); it holds nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        """Forget the state."""


class InertMapping(Inert):
    """Stands for a kind of dictionary: what lies in it is looked at like what lies in any other."""

    def __new__(cls, *_args: object, **_kwargs: object) -> "OrderedDict[object, object]":  # type: ignore[misc]
        """Make a plain one, which torch's reader can fill."""
        return OrderedDict()


# Read as `Inert`: none of these is imported or called.
PASSED_OVER = (
    "argparse.Namespace",
    "types.SimpleNamespace",
    "typing.Any",
    *(f"datetime.{kind}" for kind in ("date", "datetime", "timedelta", "timezone")),
    *(f"builtins.{kind}" for kind in ("dict", "list", "tuple", "str", "int", "float", "bool")),
    *(f"__builtin__.{kind}" for kind in ("dict", "list", "tuple", "str", "unicode", "int", "float", "bool")),
    *(f"numpy.{room}.multiarray.{name}" for room in ("core", "_core") for name in ("scalar", "_reconstruct")),
    "numpy.dtype",
    "numpy.ndarray",
    *(f"pathlib{room}.{kind}Path" for room in ("", "._local") for kind in ("", "Posix", "Windows")),
    "torch.torch_version.TorchVersion",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    *(f"omegaconf.nodes.{kind}Node" for kind in ("Any", "Boolean", "Bytes", "Float", "Integer", "Path", "String")),
)
# Read as `InertMapping`.
MAPPINGS = (
    "collections.defaultdict",
    "lightning.fabric.utilities.data.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "addict.addict.Dict",
    "easydict.EasyDict",
    "fvcore.common.config.CfgNode",
    "yacs.config.CfgNode",
)


def read_states(path: Path, most_bytes: int = MOST_BYTES) -> tuple[State, ...]:
    """Read all lists of named tensors that lie in a file, the one most likely meant first.

    Parameters
    ----------
    most_bytes
        A larger file is refused unread.

    Raises
    ------
    ExplainerError
        If it is missing, cut off, no weights at all, too large, or holds more than tensors.
    """
    name = printable(path.name)
    try:
        with _opened(name, path, most_bytes) as file:
            raw = _read(name, file)
    except OSError as error:
        what = f"{name} could not be opened."
        raise ExplainerError(what, "Check that it exists and may be read.", str(error)) from error
    states = tuple(state for _, state in sorted(_states(raw), key=lambda found: found[0]))
    if not states:
        raise ExplainerError(f"{name} holds no list of named tensors.", SAVE_AGAIN)
    return states


def read_state(path: Path) -> State:
    """Read the tensors of a file by name, as `read_states`, where there is but one list."""
    return read_states(path)[0]


# The file -----------------------------------------------------------------------------------------------


@contextmanager
def _opened(name: str, path: Path, most_bytes: int) -> Iterator[BinaryIO]:
    """Open without waiting, should it be a pipe; what is then read is this file, whatever takes its name."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags)
    except ValueError as error:  # a name with a zero byte
        raise OSError(str(error)) from error
    except IsADirectoryError:
        raise _no_file(name, "a folder") from None
    try:
        _check_size(name, os.fstat(number), most_bytes)
        with open(number, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(number)


def _check_size(name: str, found: os.stat_result, most_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _no_file(name, "a folder" if stat.S_ISDIR(found.st_mode) else "a device or a pipe")
    if found.st_size == 0:
        raise ExplainerError(f"{name} is empty.", COPY_AGAIN)
    if found.st_size > most_bytes:
        what = f"{name} has {found.st_size / 1e6:,.0f} MB, far more than such weights can have; it was not read."
        raise ExplainerError(what, "Choose the architecture they were trained with, or save only the state_dict.")


def _no_file(name: str, kind: str) -> ExplainerError:
    return ExplainerError(f"{name} is {kind} and no file of weights.", "Choose another file.")


def _read(name: str, file: BinaryIO) -> object:
    head = file.read(32)
    file.seek(0)
    kind = next((kind for beginning, kind in BEGINNINGS if head.startswith(beginning)), "")
    if kind and not _is_safetensors(file, head):
        raise _no_file(name, kind)
    try:
        return _parsed(name, file, head)
    except ForeignError as error:
        what = f"{name} holds more than weights and was not opened."
        raise ExplainerError(what, "Save only the state_dict, best as .safetensors.", str(error)) from error
    except MemoryError as error:
        what = f"{name} needs more memory than there is."
        raise ExplainerError(what, "Save only the state_dict, best as .safetensors.", str(error)) from error
    except ExplainerError:
        raise
    except Exception as error:  # an altered pickle makes its reader raise anything
        raise _damaged(name, error, pickled=head.startswith((b"PK", b"\x80"))) from error


def _is_safetensors(file: BinaryIO, head: bytes) -> bool:
    """Whether a header follows its own length. That is asked first: the length may look like any other mark."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") + 8 <= os.fstat(file.fileno()).st_size


def _parsed(name: str, file: BinaryIO, head: bytes) -> object:
    if _is_safetensors(file, head):
        return load_safetensors(file.read())
    if head.startswith(b"PK"):
        _check_zip(name, file)
    elif head.startswith(b"\x80"):
        _check_legacy(file)
    else:
        raise SafetensorError("neither safetensors nor what torch.save writes")
    file.seek(0)
    return _unpickled(file)


def _unpickled(file: BinaryIO) -> object:
    inert = [*((Inert, name) for name in PASSED_OVER), *((InertMapping, name) for name in MAPPINGS)]
    with warnings.catch_warnings(), torch.serialization.safe_globals([*inert, *_dtypes()]):
        warnings.simplefilter("ignore")  # said of files that are refused anyway
        loaded: object = torch.load(file, map_location="cpu", weights_only=True)
    return loaded


def _dtypes() -> Iterator[tuple[type[Inert], str]]:
    for kind in ("Float64", "Float32", "Int64", "Int32", "Bool"):
        yield Inert, f"numpy.dtypes.{kind}DType"


def _check_zip(name: str, file: BinaryIO) -> None:
    """Look at what the zip's directory declares: torch never packs, and no record is larger than the file."""
    with zipfile.ZipFile(file) as archive:
        records = archive.infolist()
        names = {record.filename.rpartition("/")[-1] for record in records}
        if "constants.pkl" in names:
            raise ExplainerError(f"{name} is a TorchScript program and not a file of weights.", SAVE_AGAIN)
        if "data.pkl" not in names:
            raise ExplainerError(f"{name} is a zip archive without weights.", "Unpack it and choose the file in it.")
        if any(record.compress_type != zipfile.ZIP_STORED or record.flag_bits & 1 for record in records):
            what = f"{name} is packed and could unpack to any size; it was not opened."
            raise ExplainerError(what, "Save it with torch.save, or best as .safetensors.")
        size = file.seek(0, os.SEEK_END)
        if len(records) > MOST_RECORDS or sum(record.file_size for record in records) > size:
            raise zipfile.BadZipFile("its records are larger than the file")
        for record in records:
            if record.filename.endswith("data.pkl"):
                with archive.open(record) as stream:
                    check_pickle(stream.read(MOST_PICKLE + 1), MOST_PICKLE)


def _check_legacy(file: BinaryIO) -> None:
    """Look through the pickles at the start: a mark, a version, the system, the tensors; the numbers follow."""
    for _ in range(4):
        start = file.tell()
        used = check_pickle(file.read(MOST_PICKLE), MOST_PICKLE)
        file.seek(start + used)
        if start == 0 and used > 32:
            return  # a bare pickle, not torch's


# What lies in it ----------------------------------------------------------------------------------------


def _states(raw: object, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[int, int], State]]:
    """Yield every mapping with tensors in it, and how likely it is meant: averaged, usual names, the largest."""
    if not isinstance(raw, Mapping) or len(where) > DEEPEST:
        return
    named = {key: value for key, value in raw.items() if isinstance(key, str)}
    state = {key: value for key, value in named.items() if isinstance(value, Tensor)}
    if state:
        yield (_rank(where), -len(state)), state
    for key, value in named.items():
        yield from _states(value, (*where, key))


def _rank(where: tuple[str, ...]) -> int:
    if any(key in AVERAGED for key in where):
        return 0
    return 1 if all(key in WRAPPERS for key in where) else 2


# Words --------------------------------------------------------------------------------------------------


def _damaged(name: str, error: Exception, *, pickled: bool) -> ExplainerError:
    if pickled and isinstance(error, pickle.UnpicklingError):
        what = f"{name} holds more than weights and was not opened."
        return ExplainerError(what, "Save only the state_dict, best as .safetensors.", str(error))
    what = f"{name} is cut off or no file of weights."
    return ExplainerError(what, COPY_AGAIN, f"{type(error).__name__}: {error}")
