"""What tests of all rooms share: where the project and its sample media are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEDIA = ROOT / "media"
