/** The known word a misspelt one was most likely meant to be. */

export function nearest(word: string, known: Iterable<string>): string | undefined {
  const plain = simplify(word);
  let best: string | undefined;
  // A third of the letters may be wrong; beyond that a suggestion confuses more than it helps.
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1;
  if (plain === "" || plain.length > 64) return undefined;
  for (const candidate of known) {
    const distance = editDistance(plain, simplify(candidate));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** `password_file`, `Password-File` and `passwordFile` are the same word. */
function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_ .]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
