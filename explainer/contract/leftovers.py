"""What a run could leave behind: on the network, in torch, among the threads."""

import threading
from collections.abc import Iterator
from typing import Any

from explainer.core.context import Models, Settings


def surroundings(models: Models, settings: Settings) -> dict[str, Any]:
    """Describe torch, the threads and the session's network by name."""
    found = dict(_of_torch())
    found["threads"] = sorted(thread.name for thread in threading.enumerate())
    with models.lease(settings.model, settings) as net:
        for kind, network in (("stock", net.network(stock=True)), ("folded", net.network())):
            found |= {f"{kind} {name}": value for name, value in _of_network(network)}
    return found


def _of_torch() -> Iterator[tuple[str, Any]]:
    import torch
    from torch.nn.modules import module

    yield "grad mode", torch.is_grad_enabled()
    yield "default dtype", str(torch.get_default_dtype())
    yield "number of threads", torch.get_num_threads()
    for name, table in vars(module).items():
        if name.startswith("_global_") and "hooks" in name and isinstance(table, dict):
            yield name, len(table)


def _of_network(network: Any) -> Iterator[tuple[str, Any]]:
    """Describe what a demo could have left: hooks, attributes, modes, gradients and numbers."""
    for path, one in network.named_modules():
        tables = {name: len(table) for name, table in vars(one).items() if "hooks" in name and table}
        yield f"module {path or 'itself'}", (type(one).__name__, one.training, sorted(vars(one)), tables)
    for path, tensor in (*network.named_parameters(), *network.named_buffers()):
        data = tensor.detach().double()
        numbers = (float(data.sum()), float(data.abs().sum()))
        hooks = len(tensor._backward_hooks or ())
        yield f"tensor {path}", (tensor.requires_grad, tensor.grad is None, hooks, numbers)
