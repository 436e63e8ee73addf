import { afterAll, onTestFinished } from "vitest";

/**
 * Has something done when whoever asks for it is through: the test, where one is running, else the
 * file. An `afterAll` asked for inside of a test would never be called.
 */
export function afterwards(clean: () => void | Promise<void>): void {
  try {
    onTestFinished(clean);
  } catch {
    afterAll(clean);
  }
}
