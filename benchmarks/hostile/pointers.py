"""Files that hold no picture but say where one is: a reader that follows them reads what it was not given."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile.containers import Box, edited

PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{0}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "ffconcat": "ffconcat version 1.0\nfile '{0}'\n",
    "asx": '<asx version="3.0"><entry><ref href="{0}"/></entry></asx>',
    "smil": '<smil><body><video src="{0}"/></body></smil>',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" '
    'height="64"><image width="64" height="64" xlink:href="{0}"/></svg>',
    "pls": "[playlist]\nFile1={0}\nNumberOfEntries=1\n",
    "ram": "{0}\n",
    "mov": "RTSPtext\n{0}\n",
}
_SESSION = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
_AS = ("mp4", "jpg", "mkv", "ts")


def pointers(
    good: dict[str, bytes], canary: Path, text: Path, fifo: Path, url: str
) -> Iterator[tuple[str, bytes]]:
    """Names and bytes. They point at a video, a text, a pipe that shows readers, and a server that counts."""
    targets = {
        "video": str(canary),
        "text": str(text),
        "pipe": str(fifo),
        "server": url,
        "file": f"file:{canary}",
    }
    for kind, form in PLAYLISTS.items():
        for what, target in targets.items():
            data = form.format(target).encode()
            yield f"{kind}_{what}.{kind}", data
            for suffix in _AS:
                yield f"{kind}_{what}_as.{suffix}", data
    for suffix in ("sdp", *_AS):
        yield f"session.{suffix}", _SESSION.encode()
    for suffix in ("png", "jpg", "mp4"):
        yield f"sequence%03d.{suffix}", b"not a picture: those beside it are"
    for what, target in (("video", str(canary)), ("pipe", str(fifo)), ("server", url)):
        yield f"reference_url_{what}.mov", _elsewhere(good["mov"], b"url ", target.encode() + b"\0")
        yield f"reference_alias_{what}.mov", _elsewhere(good["mov"], b"alis", _alias(target))


def _elsewhere(mov: bytes, kind: bytes, where: bytes) -> bytes:
    """The MOV with its pictures in another file (`dref`, ISO/IEC 14496-12, 8.7.2), and none of its own."""

    def change(moov: Box) -> None:
        moov.find(b"trak", b"mdia", b"minf", b"dinf", b"dref").payload = (
            struct.pack(">II", 0, 1) + Box(kind, bytes(4) + where).pack()
        )

    at = mov.index(b"mdat") + 4
    end = mov.index(b"moov") - 4
    return edited(mov[:at] + bytes(end - at) + mov[end:], change)


def _alias(path: str) -> bytes:
    """A Mac alias record, version 2, whose extra records (2 and 18) hold an absolute path."""
    name = path.encode()
    fixed = bytes(4) + struct.pack(">HHH", 0, 2, 0) + bytes(140)
    extra = b"".join(struct.pack(">HH", kind, len(name)) + name + b"\0" * (len(name) % 2) for kind in (2, 18))
    record = fixed + extra + struct.pack(">HH", 0xFFFF, 0)
    return record[:4] + struct.pack(">H", len(record)) + record[6:]
