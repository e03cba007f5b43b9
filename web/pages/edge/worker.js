// The worker that analyses: it takes frames as they come, and answers each with its samples.

import { Analyzer } from "./analyzer.js";

let analyzer;
let canvas;

const acts = {
  async open({ settings, files }) {
    analyzer = await Analyzer.open(settings, files);
    return {};
  },

  begin() {
    analyzer.begin();
    return {};
  },

  /** `bitmap`: an ImageBitmap, which is closed here; `time`: seconds. */
  async frame({ bitmap, time }) {
    const began = performance.now();
    canvas ??= new OffscreenCanvas(1, 1);
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const faces = await analyzer.analyze(context.getImageData(0, 0, canvas.width, canvas.height), time);
    return { faces, time, took: performance.now() - began };
  },
};

onmessage = async ({ data: { act, number, ...given } }) => {
  try {
    postMessage({ number, ...(await acts[act](given)) });
  } catch (error) {
    postMessage({ number, error: String(error?.message ?? error) });
  }
};
