"""Files that are several things at once, that say of themselves what is no text, or that are none at all."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile.containers import Box, chunk, edited, element
from benchmarks.hostile.made import Expected, Made

NO_TEXT = b"caf\xe9 \xff\xfe\x1b[31m[bold]\n\xed\xa0\x80"
NAMES: tuple[bytes, ...] = (
    b"caf\xe9.{}",
    b"two\nlines.{}",
    b"\x1b[31mred\x1b[2J.{}",
    b"[bold]rich[/bold] :smile:.{}",
    b"[/].{}",
    "abc\u202egpj.{}".encode(),
    "\u200bzero\u2028width.{}".encode(),
    b"n" * 245 + b".{}",
    "ü".encode() * 122 + b".{}",
    b"-dash.{}",
    b"--json.{}",
    b"100%d%s%n.{}",
    b"%03d.{}",
    b"a..b.{}",
    b"http:x.{}",
    b"https:/x.{}",
    b"rtmp:x.{}",
    b"concat:a|b.{}",
    b"file:x.{}",
    b"pipe:0.{}",
    b"fd:0.{}",
    b"cache:x.{}",
    b"crypto:x.{}",
    b"subfile,,start,0,end,9,,:x.{}",
    b"data:text,x.{}",
    b"tee:x.{}",
    b"'quotes\" & <b>html</b>.{}",
    b"$(touch x)`;|.{}",
    b"CON.{}",
    b"  spaces  .{}",
    b"upper.{}",
)
"""Each is the name of a good file."""


def hostile_names(folder: Path, good: dict[str, bytes], port: int) -> Iterator[Made]:
    """Good pictures and videos of such names; the last one is an address if it is taken for one."""
    for number, form in enumerate((*NAMES, f"http:/127.0.0.1:{port}/x.{{}}".encode())):
        kind = ("mp4", "jpg")[number % 2] if number < len(NAMES) else "mp4"
        path = folder / os.fsdecode(form.replace(b"{}", kind.encode()))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(good[kind])
        yield Made(path.relative_to(folder), "names", Expected.ANALYSED)


def polyglots(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of files that are two things, or say what is no text."""
    jpeg, png, mp4 = good["jpg"], good["png"], good["mp4"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo("../evil.txt"), "text")
    yield "jpeg_and_zip.jpg", jpeg + archive.getvalue()
    yield "jpeg_and_zip.zip.mp4", jpeg + archive.getvalue()
    yield (
        "pdf_with_jpeg.jpg",
        b"%PDF-1.4\n1 0 obj<</Filter/DCTDecode>>stream\n" + jpeg + b"\nendstream\n%%EOF",
    )
    yield "html_before.mp4", b"<html><script>alert(1)</script></html>" + mp4
    yield "html.jpg", b"<html><script>alert(1)</script></html>"
    yield "png_and_mp4.png", png + mp4
    yield "png_and_mp4.mp4", png + mp4
    yield "mp4_as.jpg", mp4
    yield "jpeg_as.mp4", jpeg
    for suffix in ("mp4", "mkv", "avi", "gif", "jpg", "png", "webp", "tiff", "bmp"):
        yield f"empty.{suffix}", b""
        yield f"zeros.{suffix}", bytes(4096)
    yield "title.mp4", edited(mp4, _titled)
    yield "title.mkv", good["mkv"] + element(b"\x12\x54\xc3\x67", _tag())
    yield "comment.png", png[:33] + chunk(b"tEXt", b"Title\0" + NO_TEXT) + png[33:]
    exif = (
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02"
        + struct.pack(">II", len(NO_TEXT), 26)
        + bytes(4)
        + NO_TEXT
    )
    yield "exif.jpg", jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
    rotated = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\0\0\0\x01\xff\xff\0\0" * 10
    yield "exif_broken.jpg", jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(rotated) + 2) + rotated + jpeg[2:]


def _titled(moov: Box) -> None:
    text = struct.pack(">II", 1, 0) + NO_TEXT
    title = Box(b"\xa9nam", children=[Box(b"data", text)])
    handler = Box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    moov.children.append(
        Box(b"udta", children=[Box(b"meta", bytes(4), [handler, Box(b"ilst", children=[title])])])
    )


def _tag() -> bytes:
    simple = element(b"\x67\xc8", element(b"\x45\xa3", b"TITLE") + element(b"\x44\x87", NO_TEXT))
    return element(b"\x73\x73", element(b"\x63\xc0", b"") + simple)


def no_files(folder: Path, good: dict[str, bytes]) -> Iterator[Made]:
    """What has a name like a video and is a pipe, a folder, a device, a link to nothing, or closed."""

    def made(name: str, expected: Expected = Expected.REFUSED) -> Made:
        return Made(Path(name), "no files", expected, named=True, sent=False)

    os.mkfifo(folder / "pipe.mp4")
    yield made("pipe.mp4")
    (folder / "folder.mp4").mkdir()
    yield made("folder.mp4")
    for name, target in (
        ("zero.mp4", "/dev/zero"),
        ("stdin.mp4", "/dev/stdin"),
        ("nothing.jpg", "none.jpg"),
        ("zero.jpg", "/dev/zero"),
    ):
        (folder / name).symlink_to(target)
        yield made(name)
    (folder / "itself.mp4").symlink_to("itself.mp4")
    yield made("itself.mp4")
    (folder / "closed.mp4").write_bytes(good["mp4"])
    (folder / "closed.mp4").chmod(0)
    yield made("closed.mp4", Expected.EITHER)  # root may read it
