// Whether a chosen file can be a stimulus, before it is sent anywhere.

import { ApiError, api } from "../shared/api.js";
import { element } from "../shared/elements.js";
import { bytes } from "../shared/text.js";

/** The video's seconds. Throws ApiError, in words for people, where it is none that viewers could see. */
export async function playable(file) {
  if (file.size === 0) throw new ApiError(422, `${file.name} is empty.`);
  const { file_bytes: limit } = await api("/api/analyses/limits");
  if (file.size > limit) throw new ApiError(413, `${file.name} is larger than ${bytes(limit)}, which is the most this server takes.`);
  const src = URL.createObjectURL(file);
  const video = element("video", { preload: "metadata", muted: true });
  const known = await new Promise((resolve) => {
    video.onloadedmetadata = () => resolve(true);
    video.onerror = () => resolve(false);
    video.src = src;
  });
  URL.revokeObjectURL(src);
  // A browser that knows only the sound of a file opens it without a picture.
  if (!known || !video.videoWidth) throw new ApiError(422, `${file.name} is not a video that browsers play: choose an MP4 (H.264) or WebM file.`);
  return video.duration;
}
