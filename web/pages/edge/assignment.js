// The cheapest one-to-one pairing of rows with columns (Hungarian method, Kuhn 1955, with potentials).

/** [[row, column], …] of `cost`, an array of rows; the shorter side is paired whole. */
export function cheapest(cost) {
  const [rows, columns] = [cost.length, cost[0]?.length ?? 0];
  if (!rows || !columns) return [];
  if (rows > columns) {
    const turned = Array.from({ length: columns }, (_, j) => cost.map((row) => row[j]));
    return cheapest(turned).map(([j, i]) => [i, j]);
  }
  const [u, v] = [new Array(rows + 1).fill(0), new Array(columns + 1).fill(0)]; // potentials
  const owner = new Array(columns + 1).fill(0); // the row of each column, from 1; 0: none
  for (let row = 1; row <= rows; row++) {
    owner[0] = row;
    let column = 0;
    const least = new Array(columns + 1).fill(Infinity);
    const from = new Array(columns + 1).fill(0);
    const done = new Array(columns + 1).fill(false);
    do {
      done[column] = true;
      const at = owner[column];
      let [delta, next] = [Infinity, 0];
      for (let j = 1; j <= columns; j++) {
        if (done[j]) continue;
        const reduced = cost[at - 1][j - 1] - u[at] - v[j];
        if (reduced < least[j]) [least[j], from[j]] = [reduced, column];
        if (least[j] < delta) [delta, next] = [least[j], j];
      }
      for (let j = 0; j <= columns; j++) {
        if (done[j]) {
          u[owner[j]] += delta;
          v[j] -= delta;
        } else least[j] -= delta;
      }
      column = next;
    } while (owner[column]);
    while (column) {
      owner[column] = owner[from[column]];
      column = from[column];
    }
  }
  return owner.flatMap((row, j) => (j && row ? [[row - 1, j - 1]] : []));
}
