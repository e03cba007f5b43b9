// One file on its way up. XMLHttpRequest, because fetch does not tell how far a body is.

import { ApiError, detail } from "../shared/api.js";

/** Sends `file`; `progress` hears the bytes sent. `done`: the server's answer, or an ApiError. */
export function send(file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => progress(Math.min(event.loaded, file.size));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(new ApiError(request.status, detail(request.responseText) || `The server answered ${request.status}.`));
    };
    request.onerror = () => reject(new ApiError(0, "The connection broke off. Nothing of it was kept; send it again."));
    request.onabort = () => reject(new ApiError(0, "Cancelled."));
  });
  const form = new FormData();
  form.append("file", file);
  request.open("POST", "/api/analyses");
  request.send(form);
  return { done, abort: () => request.abort() };
}
