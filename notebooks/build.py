"""Makes and runs the notebooks: ``python notebooks/build.py [NAME…]``.

The text and code are in ``source/*.py``, cells divided by ``# %%`` (code) and ``# %% [markdown]``; what
is committed beside them is executed. They need FER+ in ``data/ferplus``, or ``VALENCE_DATA`` as the
folder in which ``ferplus`` and the cache lie.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


NOT_KEPT = "# not kept"
"""In a cell: its pictures are not ours to pass on."""
_INSTEAD = (
    "Pictures of FER2013 are not kept in the repository: nobody has stated a licence for them. "
    "Run the notebook to see them."
)


def _kept(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """`outputs` with a sentence in the place of each picture."""
    return [
        nbformat.v4.new_output("stream", name="stdout", text=_INSTEAD + "\n")
        if any(kind.startswith("image/") for kind in output.get("data", {}))
        else output
        for output in outputs
    ]


def cells(source: str) -> list[nbformat.NotebookNode]:
    """The cells of a source file."""
    result = []
    for block in re.split(r"^# %%", source, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        if "[markdown]" in head:
            lines = [line.removeprefix("# ").removeprefix("#") for line in body.strip().splitlines()]
            result.append(nbformat.v4.new_markdown_cell("\n".join(lines)))
        else:
            result.append(nbformat.v4.new_code_cell(body.strip()))
    for i, cell in enumerate(result):
        cell["id"] = f"cell-{i}"  # the same for the same source
    return result


def notebook(path: Path) -> nbformat.NotebookNode:
    """The source at `path` as a notebook that was not executed."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells(path.read_text(encoding="utf-8")), metadata=metadata)


def build(path: Path) -> Path:
    """Executes the source at `path` into a notebook."""
    made = notebook(path)
    NotebookClient(
        made, timeout=3600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    for cell in made.cells:
        cell.get("metadata", {}).pop("execution", None)
        # Remarks of libraries about this computer.
        outputs = [o for o in cell.get("outputs", []) if o.get("name") != "stderr"]
        if cell.cell_type == "code":
            cell["outputs"] = _kept(outputs) if NOT_KEPT in cell["source"] else outputs
    target = HERE / f"{path.stem}.ipynb"
    nbformat.write(made, target)
    return target


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for source in sorted((HERE / "source").glob("*.py")):
        if not wanted or source.stem in wanted:
            print(build(source))
