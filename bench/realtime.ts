/**
 * The time of day in ms with fractions, the same in every process of this machine.
 *
 * `performance.timeOrigin` is read once at start and may be off by some tenths of a ms, so each
 * process measures its own offset against the edge of a `Date.now()` tick.
 */

/** The best of a few edges: a pause of this process can only make an edge look late. */
function offset(): number {
  let best = -Infinity;
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = Date.now();
    let tick = before;
    while (tick === before) tick = Date.now();
    best = Math.max(best, tick - (performance.timeOrigin + performance.now()));
  }
  return best;
}

const correction = offset();

export function realtime(): number {
  return performance.timeOrigin + performance.now() + correction;
}
