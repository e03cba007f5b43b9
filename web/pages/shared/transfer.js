// One file on its way up. XMLHttpRequest, because fetch does not tell how far a body is.

import { ApiError, detail } from "./api.js";

/** Sends `file` to `address`; `progress` hears the share sent, 0..1. The server's answer, or an ApiError. */
export function send(address, file, progress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => progress(Math.min(event.loaded / Math.max(file.size, 1), 1));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(new ApiError(request.status, detail(request.responseText) || `The server answered ${request.status}.`));
    };
    request.onerror = () => reject(new ApiError(0, "The connection broke off. Nothing of it was kept; send it again."));
    const form = new FormData();
    form.append("file", file);
    request.open("POST", address);
    request.send(form);
  });
}
