"""Networks that came with the program and are no session's classifier: from their file, frozen, in 32 bits."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError

Net = TypeVar("Net", bound=nn.Module)


def read_shipped(
    make: Callable[[], Net], name: str, title: str, path: Path | None = None, *, bare: bool = False
) -> Net:
    """Make a network and read its weights, in eval mode, on the CPU; no parameter asks for a gradient.

    Parameters
    ----------
    make
        Gives the network with any weights.
    name
        File in ``resources/weights``, safetensors; numbers stored in 16 bits become 32.
    title
        What the sentence calls it where the file cannot be read.
    path
        Another file, for tests.
    bare
        Whether all its tensors stand in the file, so that no time need be spent on random ones first.

    Raises
    ------
    ExplainerError
        If the file is missing, damaged, or of another network.
    """
    file = path or resource("weights", name)
    try:
        state = {key: value.float() if value.is_floating_point() else value for key, value in load_file(file).items()}
        with torch.device("meta" if bare else "cpu"):
            net = make()
        net.load_state_dict(state, assign=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        what = f"The weights of {title} in {file.name} cannot be read."
        raise ExplainerError(what, "Install Explainer again.", str(error)) from error
    return net.requires_grad_(requires_grad=False).eval()
