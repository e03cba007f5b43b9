// The networks, run by ONNX Runtime Web on WebAssembly: pictures in, what they say out.

let ort;

/** Opens the networks whose files are given as ArrayBuffers by name. `runtime`: the address of ONNX Runtime Web. */
export async function open(runtime, files) {
  ort ??= await import(new URL("ort.wasm.min.mjs", runtime).href);
  ort.env.wasm.numThreads = 1; // more would want the page isolated from all others
  ort.env.wasm.wasmPaths = runtime.href;
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  const opened = Object.entries(files).map(async ([name, file]) => [name, await ort.InferenceSession.create(new Uint8Array(file), options)]);
  return Object.fromEntries(await Promise.all(opened));
}

/** The detector's places for a view {width, height, data} in BGR: {values, count}; black up to whole strides. */
export async function places(session, { width, height, data }, stride) {
  const [wide, high] = [Math.ceil(width / stride) * stride, Math.ceil(height / stride) * stride];
  let padded = data;
  if (wide !== width || high !== height) {
    padded = new Uint8Array(3 * wide * high);
    for (let y = 0; y < height; y++) padded.set(data.subarray(3 * width * y, 3 * width * (y + 1)), 3 * wide * y);
  }
  const answer = await session.run({ image: new ort.Tensor("uint8", padded, [1, high, wide, 3]) });
  const { data: values, dims } = answer.places;
  return { values, count: dims[2], width: wide, height: high };
}

/** What a network says of grey pictures, all of one side: each output's numbers, one array a picture. */
export async function read(session, input, pictures, scaled) {
  const side = pictures[0].width;
  const numbers = new Float32Array(pictures.length * side * side);
  pictures.forEach(({ data }, i) => {
    for (let at = 0, to = i * side * side; at < data.length; at++, to++) numbers[to] = scaled(data[at]);
  });
  const answer = await session.run({ [input]: new ort.Tensor("float32", numbers, [pictures.length, 1, side, side]) });
  const columns = ({ data }) => data.length / pictures.length;
  return Object.fromEntries(
    Object.entries(answer).map(([name, output]) => [name, pictures.map((_, i) => Array.from(output.data.subarray(i * columns(output), (i + 1) * columns(output))))]),
  );
}
