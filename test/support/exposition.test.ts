import { describe, expect, it } from "vitest";
import { Exposition } from "./exposition.js";

const GAUGE = "# HELP a A.\n# TYPE a gauge\n";
const HISTOGRAM = "# HELP h H.\n# TYPE h histogram\n";

describe("the reader of metrics", () => {
  it("reads what Prometheus reads", () => {
    const read = new Exposition(
      `${GAUGE}a{x="q\\"\\\\n\\n{,}= #",y=""} 1.5e-7\na 2\n${HISTOGRAM}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3.5\nh_count 2\n`,
    );
    expect(read.value("a", { x: 'q"\\n\n{,}= #', y: "" })).toBe(1.5e-7);
    expect(read.value("a")).toBe(2);
    expect(read.value("h_sum")).toBe(3.5);
    expect(read.families.get("h")?.help).toBe("H.");
  });

  it.each([
    ["no end", `${GAUGE}a 1`],
    ["no HELP", "# TYPE a gauge\na 1\n"],
    ["no TYPE", "# HELP a A.\na 1\n"],
    ["a family twice", `${GAUGE}a 1\n${GAUGE}a 2\n`],
    ["a family without samples", GAUGE],
    ["a sample of another family", `${GAUGE}b 1\n`],
    ["a sample twice", `${GAUGE}a{x="1",y="2"} 1\na{y="2",x="1"} 1\n`],
    ["a raw quote", `${GAUGE}a{x="""} 1\n`],
    ["a raw newline", `${GAUGE}a{x="\n"} 1\n`],
    ["an unknown escape", `${GAUGE}a{x="\\t"} 1\n`],
    ["a comma too many", `${GAUGE}a{x="1",} 1\n`],
    ["no number", `${GAUGE}a NaN\n`],
    ["an empty line", `${GAUGE}a 1\n\n`],
    ["a counter without its ending", "# HELP a A.\n# TYPE a counter\na 1\n"],
    [
      "a histogram that shrinks",
      `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    ["a histogram without its last bound", `${HISTOGRAM}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`],
    ["a histogram without its sum", `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_count 1\n`],
  ])("refuses %s", (_, text) => {
    expect(() => new Exposition(text)).toThrow();
  });
});
