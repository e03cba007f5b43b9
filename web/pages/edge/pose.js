// How a head is turned, from its five points: `inference/pose.py`.

/** Degrees {roll, yaw, pitch}. `affine`: the pseudo-inverse of the rigid face, 3 x 5. */
export function pose(points, affine) {
  const n = points.length;
  const middle = [0, 1].map((i) => points.reduce((sum, point) => sum + point[i], 0) / n);
  const [m, k] = [0, 1].map((i) => affine.map((row) => row.reduce((sum, weight, j) => sum + weight * (points[j][i] - middle[i]), 0)));
  // The nearest two rows of a rotation: (M Mᵀ)^-½ M, in closed form for two rows.
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  const [p, q, r] = [dot(m, m), dot(m, k), dot(k, k)];
  const root = Math.sqrt(Math.max(p * r - q * q, 1e-12));
  const both = Math.sqrt(p + r + 2 * root);
  const [s, t, u] = [(r + root) / (root * both), -q / (root * both), (p + root) / (root * both)];
  const [a, b, c] = m.map((value, i) => s * value + t * k[i]);
  const [d, e, f] = m.map((value, i) => t * value + u * k[i]);
  const degrees = 180 / Math.PI;
  return {
    roll: Math.atan2(d, a) * degrees,
    yaw: Math.asin(Math.min(Math.max(c * e - b * f, -1), 1)) * degrees,
    pitch: Math.atan2(c * d - a * f, a * e - b * d) * degrees,
  };
}
