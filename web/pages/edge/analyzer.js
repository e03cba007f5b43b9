// One stream's faces: a frame in, samples out; what `stream/faces/analyzer.py` is on the server.

import { Aligner } from "./align.js";
import { decode } from "./detector.js";
import { Faces } from "./faces.js";
import { looks } from "./looks.js";
import { mirrored, unmirrored } from "./mirror.js";
import { open, places, read } from "./networks.js";
import { view } from "./picture.js";
import { pose } from "./pose.js";
import { quality } from "./quality.js";
import { errorOf, reading } from "./readings.js";
import { Smoother } from "./smoothing.js";

export class Analyzer {
  /** `settings`: of /edge/settings.json. */
  static async open(settings, files) {
    const analyzer = new Analyzer();
    analyzer.settings = settings;
    analyzer.sessions = await open(new URL(settings.runtime, location.href), files);
    const side = settings.alignment.landmark_side;
    const landmarks = async (views) => {
      const points = only(await read(analyzer.sessions.landmarks, settings.inputs.landmarks, views, (level) => level / 255 - 0.5));
      return points.map((numbers) => Array.from({ length: 5 }, (_, i) => [numbers[2 * i] * side, numbers[2 * i + 1] * side]));
    };
    analyzer.aligner = new Aligner(settings.alignment, landmarks);
    analyzer.begin();
    return analyzer;
  }

  /** Forgets whom it has seen: another stream. */
  begin() {
    Object.assign(this, { faces: new Faces(this.settings.rules), smoothers: new Map(), looked: new Map(), swept: new Map() });
  }

  /** The samples of an RGBA picture {width, height, data} at `time` seconds, by face id. */
  async analyze(rgba, time) {
    this.longest = Math.max(rgba.width, rgba.height);
    const { side, sweeps } = this.#view(time);
    const small = view(rgba, side);
    const found = (await (sweeps ? this.#beyond(small) : this.detect(small))).map(({ box, score }) => ({ box: box.map((edge) => edge / small.scale), score, looks: looks(small, box) }));
    const tracks = await this.faces.update(found, time, async ({ box }) => {
      const [crop] = await this.aligner.align(rgba, [{ box, roll: 0 }]);
      const [seen] = await this.#attributes([crop]);
      const cut = box[0] < 0 || box[1] < 0 || box[2] > rgba.width || box[3] > rgba.height;
      return cut || seen.face >= this.settings.human;
    });
    return this.read(rgba, time, tracks);
  }

  /** The faces in a view, in its pixels. */
  async detect(small) {
    const { strides } = this.settings.detector;
    return decode(await places(this.sessions.detector, small, strides.at(-1)), this.settings.detector);
  }

  /** The samples of `tracks` {id, box, score}: aligned, read, judged, smoothed. */
  async read(rgba, time, tracks) {
    if (!tracks.length) return [];
    const s = this.settings;
    const crops = await this.aligner.align(rgba, tracks.map(({ box }) => ({ box, roll: 0 })));
    const raws = await this.readCrops(crops.map(({ pixels }) => pixels));
    const due = tracks.map(({ id }) => time - (this.looked.get(id)?.time ?? -Infinity) >= s.look_every);
    const fresh = await this.#attributes(crops.filter((_, i) => due[i]));
    return tracks.map(({ id, box, score }, i) => {
      if (due[i]) this.looked.set(id, { time, seen: fresh.shift() });
      const { seen } = this.looked.get(id);
      const { valence, spread, arousal, expressions } = raws[i];
      const turn = pose(crops[i].points, s.pose);
      const good = quality(crops[i], box, score, spread, turn, seen, [rgba.width, rgba.height], s.quality);
      if (!this.smoothers.has(id)) this.smoothers.set(id, new Smoother(s.smoothing));
      const { face: _face, ...covers } = seen;
      return {
        face_id: id, box, score, valence, smoothed: this.smoothers.get(id).next(time, valence), quality: good, ...turn, ...covers,
        ...(spread !== null && s.output.error ? { valence_error: errorOf(s.output.error, spread, good, valence) } : {}),
        ...(arousal === null ? {} : { arousal }),
        ...(expressions === null ? {} : Object.fromEntries(Object.entries(expressions).map(([name, share]) => [`expression_${name}`, share]))),
      };
    });
  }

  /** What the valence network says of aligned grey crops. */
  async readCrops(pictures) {
    const { mean, scale, name } = this.settings.input;
    const raw = await read(this.sessions.valence, name, pictures, (level) => (level - mean) * scale);
    return pictures.map((_, i) => reading(Object.fromEntries(Object.entries(raw).map(([output, rows]) => [output, rows[i]])), this.settings.output));
  }

  async #attributes(crops) {
    if (!crops.length) return [];
    const pictures = crops.map(({ pixels }) => pixels);
    const told = only(await read(this.sessions.attributes, this.settings.inputs.attributes, pictures, (level) => level / 127.5 - 1));
    return told.map(([face, eyes_closed, mouth_covered, half_covered]) => ({ face, eyes_closed, mouth_covered, half_covered }));
  }

  /** The faces in a view, those that are half beyond its border, too. */
  async #beyond(small) {
    const { mirrored: share, beyond } = this.settings.views;
    const wide = mirrored(small, share);
    return unmirrored(await this.detect(wide), wide, small, beyond);
  }

  /** The longer side of the detector's view: small where the faces are known, larger now and then for new ones. */
  #view(time) {
    const { coarse, sweeps, face_pixels: least } = this.settings.views;
    const sizes = this.faces.inPlace.map(([left, top, right, bottom]) => Math.sqrt((right - left) * (bottom - top)));
    const due = sweeps.find(([side, every]) => time - (this.swept.get(side) ?? -every) >= every);
    for (const [side] of sweeps) if (due && side <= due[0]) this.swept.set(side, time);
    const usual = sizes.length ? Math.max(coarse, (this.longest * least) / Math.min(...sizes)) : sweeps.at(-1)[0];
    return { side: Math.min(Math.max(usual, due?.[0] ?? 0), sweeps[0][0]), sweeps: Boolean(due) };
  }
}

/** The only output of a network. */
const only = (answer) => Object.values(answer)[0];
