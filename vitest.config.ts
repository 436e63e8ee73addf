import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Worker threads inherit it, so that a worker's `.ts` entry loads as it does in the build.
    execArgv: ["--import", new URL("./test/support/typescript.mjs", import.meta.url).href],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    maxWorkers: 2,
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
