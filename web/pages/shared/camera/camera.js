// The camera: opening it, choosing one, and why it may not open.

export class CameraError extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind; // insecure, denied, missing, busy, failed
  }
}

const KINDS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** A stream of the camera `device` (an id, or "" for the default). Throws CameraError. */
export async function openCamera(device) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new CameraError("insecure");
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } };
  if (device) video.deviceId = { exact: device };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new CameraError(KINDS[error.name] ?? "failed");
  }
}

/** Fill `select` with the cameras that there are; names are known once one was allowed. */
export async function listCameras(select, current) {
  if (!navigator.mediaDevices?.enumerateDevices) return;
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  const options = devices.filter((d) => d.deviceId).map((d, i) => new Option(d.label || `Camera ${i + 1}`, d.deviceId));
  const chosen = current || select.value;
  select.replaceChildren(...(options.length ? options : [new Option("Default camera", "")]));
  if (options.some((option) => option.value === chosen)) select.value = chosen;
}
