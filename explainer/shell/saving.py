"""The stage as a picture beside the result's documents."""

from pathlib import Path

from explainer.core.problem import ExplainerError
from explainer.shell.stage import Stage


def save(stage: Stage, path: Path) -> str:
    """Write picture and documents; return one sentence that says what was written, or why not."""
    from explainer.render import headless  # brings pyqtgraph, which the window does not wait for

    try:
        headless.save(headless.grabbed(stage), path)
        documents = stage.result.documents if stage.result else {}
        for name, text in documents.items():
            (path.parent / f"{path.stem}-{Path(name).name}").write_text(text, encoding="utf8")
    except ExplainerError as error:
        return error.problem.sentence
    except OSError as error:
        return f"The documents could not be written: {error.strerror}."
    extra = f" and {len(documents)} documents" if documents else ""
    return f"Saved {path.name}{extra}."
