"""When a WebRTC frame was taken, on the sender's own clock.

RTP timestamps count from a random number. Sender reports (RTCP, RFC 3550 section 6.4.1) say which moment of
the sender's wall clock belongs to which RTP timestamp. aiortc reads the reports but keeps only a part, so we
listen to them where they arrive; this module is the only place that depends on its insides.
"""

from __future__ import annotations

from typing import Any

from aiortc import RTCRtpReceiver

VIDEO_RATE = 90_000
"""Ticks a second of the RTP clock of video (RFC 3551)."""
_NTP_TO_UNIX = 2_208_988_800
"""Seconds from 1900 to 1970."""


class SenderClock:
    """The sender's wall clock for the frames of one `receiver`."""

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self._mapper: Any = getattr(receiver, "_RTCRtpReceiver__timestamp_mapper", None)
        self._report: tuple[float, int] | None = None
        """Seconds since 1970, and the RTP timestamp of that moment."""
        handle = getattr(receiver, "_handle_rtcp_packet", None)
        if handle is None or self._mapper is None:  # another aiortc: no reports, the pages estimate
            return

        async def listen(packet: Any) -> None:
            info = getattr(packet, "sender_info", None)
            if info is not None:
                self.report(info.ntp_timestamp, info.rtp_timestamp)
            await handle(packet)

        # mypy cannot know that this instance's method is meant to be replaced.
        receiver._handle_rtcp_packet = listen  # type: ignore[method-assign]

    def report(self, ntp_timestamp: int, rtp_timestamp: int) -> None:
        """Takes what a sender report says: 32.32 fixed-point seconds since 1900, 32-bit ticks."""
        self._report = ntp_timestamp / 2**32 - _NTP_TO_UNIX, rtp_timestamp

    def captured(self, pts: int) -> float | None:
        """Seconds since 1970 at which the frame with presentation timestamp `pts` (ticks) was taken.

        None before the first report.
        """
        origin = getattr(self._mapper, "_origin", None)
        if self._report is None or origin is None:
            return None
        moment, ticks = self._report
        ahead: int = (pts + origin - ticks + 2**31) % 2**32 - 2**31  # both counters wrap
        return moment + ahead / VIDEO_RATE
