"""What a run must not leave behind: on the network, in torch, among the threads."""

import threading
from collections.abc import Iterator
from typing import Any

from explainer.contract.cases import at_most
from explainer.contract.runs import Bench
from explainer.core.context import Models, Settings


def nothing_left(bench: Bench, models: Models) -> list[str]:
    """After runs that ended and one that was stopped, network, torch and threads are as they were before."""
    bench.fresh(bench.everyday)  # loads torch and the network
    before = _surroundings(models, bench.settings)
    bench.fresh(bench.everyday)
    bench.run(at_most(bench.demo, bench.card), until="first")
    after = _surroundings(models, bench.settings)
    return [
        f"{name} was {before.get(name)} and is {after.get(name)} after a run"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def _surroundings(models: Models, settings: Settings) -> dict[str, Any]:
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
