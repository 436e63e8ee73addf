/** Trees to begin with: so many directories, so many files in each, seeded sizes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "./random.js";

export interface TreePlan {
  /** Directories at each level, from the top: [10, 100] makes 10 and in each of them 100. */
  readonly levels: readonly number[];
  readonly filesPerLeaf: number;
  readonly leastBytes: number;
  readonly mostBytes: number;
  readonly seed: number;
}

export interface Tree {
  readonly directories: number;
  readonly files: number;
  /** The deepest directories, absolute. */
  readonly leaves: readonly string[];
}

/** A tree without files. */
export function plantDirectories(root: string, levels: readonly number[]): Tree {
  return plantTree(root, { levels, filesPerLeaf: 0, leastBytes: 0, mostBytes: 0, seed: 1 });
}

export function plantTree(root: string, plan: TreePlan): Tree {
  const random = seeded(plan.seed);
  const noise = Buffer.from(Uint8Array.from({ length: 1 << 16 }, () => random.below(256)));
  let directories = 0;
  let leaves = [root];
  mkdirSync(root, { recursive: true });
  for (const count of plan.levels) {
    leaves = leaves.flatMap((parent) =>
      Array.from({ length: count }, (_, number) => {
        const directory = join(parent, `d${String(number).padStart(3, "0")}`);
        mkdirSync(directory);
        directories++;
        return directory;
      }),
    );
  }
  for (const leaf of leaves) {
    for (let number = 0; number < plan.filesPerLeaf; number++) {
      const size = random.between(plan.leastBytes, plan.mostBytes);
      const from = random.below(noise.length - size);
      writeFileSync(join(leaf, `f${number}`), noise.subarray(from, from + size));
    }
  }
  return { directories, files: leaves.length * plan.filesPerLeaf, leaves };
}
