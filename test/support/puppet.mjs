/**
 * For `node --import` before the program under test: lets a test end the reader's thread and set
 * the clock from outside, over the channel of a child process. The program knows nothing of it.
 *
 * Imported into every thread. The clock of all of them is one offset in shared memory.
 */
import { syncBuiltinESMExports } from "node:module";
import threads, { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";

const KEY = "treecast-puppet-clock";
const [AT_START, NOW] = [0, 1];

if (isMainThread) {
  const offsets = new Float64Array(new SharedArrayBuffer(16));
  offsets.fill(Number(process.env.TREECAST_PUPPET_CLOCK_MS ?? 0));
  setEnvironmentData(KEY, offsets);
  takeOrders(offsets);
}
shiftClock(getEnvironmentData(KEY));

/** As the kernel does it: the monotonic clock is read against the time of day at the start. */
function shiftClock(offsets) {
  const { timeOrigin } = performance;
  const trueNow = Date.now.bind(Date);
  Object.defineProperty(performance, "timeOrigin", { value: timeOrigin + offsets[AT_START] });
  Date.now = () => Math.trunc(trueNow() + offsets[NOW]);
}

function takeOrders(offsets) {
  const running = new Map();
  threads.Worker = class extends threads.Worker {
    constructor(entry, options) {
      super(entry, options);
      running.set(this, String(entry));
      this.once("exit", () => running.delete(this));
    }
  };
  syncBuiltinESMExports();
  process.on("message", (order) => {
    if (order.do === "step-clock") offsets[NOW] += order.ms;
    if (order.do !== "end-thread") return;
    for (const [worker, entry] of running) {
      if (entry.includes(order.entry)) void worker.terminate();
    }
  });
  // Listening to it must not keep the program alive.
  process.channel?.unref();
}
